//! Names that so many articles have that sharing them tells nothing: states, capitals, agencies.

use super::words::fold;

const COMMON: &str = "afghanistan|albania|algeria|argentina|armenia|australia|austria|azerbaijan|bangladesh|belarus|belgium|\
    bolivia|bosnia|brazil|britain|great britain|bulgaria|cambodia|cameroon|canada|chile|china|colombia|congo|croatia|cuba|\
    cyprus|czech republic|denmark|ecuador|egypt|england|estonia|ethiopia|finland|france|georgia|germany|ghana|greece|\
    guatemala|haiti|holland|hungary|iceland|india|indonesia|iran|iraq|ireland|israel|italy|jamaica|japan|jordan|kazakhstan|\
    kenya|kosovo|kuwait|latvia|lebanon|libya|lithuania|luxembourg|malaysia|mali|mexico|moldova|mongolia|morocco|myanmar|\
    nepal|netherlands|new zealand|nicaragua|nigeria|north korea|norway|pakistan|panama|peru|philippines|poland|portugal|\
    qatar|romania|russia|rwanda|saudi arabia|scotland|senegal|serbia|singapore|slovakia|slovenia|somalia|south africa|\
    south korea|korea|spain|sri lanka|sudan|south sudan|sweden|switzerland|syria|taiwan|tanzania|thailand|tunisia|turkey|\
    uganda|ukraine|united arab emirates|united kingdom|uk|u.k|united states|united states of america|us|u.s|usa|u.s.a|\
    america|uruguay|uzbekistan|venezuela|vietnam|wales|yemen|zambia|zimbabwe|north|south|west|east|\
    africa|asia|europe|north america|south america|middle east|european union|eu|united nations|un|nato|\
    ankara|athens|baghdad|bangkok|beijing|belgrade|berlin|brussels|budapest|buenos aires|cairo|canberra|copenhagen|damascus|\
    delhi|new delhi|dublin|geneva|hanoi|havana|helsinki|islamabad|jakarta|jerusalem|kabul|kiev|kyiv|lisbon|london|madrid|\
    manila|mexico city|minsk|moscow|nairobi|new york|oslo|ottawa|paris|prague|pretoria|pyongyang|riyadh|rome|seoul|\
    stockholm|tehran|tokyo|vienna|warsaw|washington|california|texas|florida|\
    afp|agence france-presse|ap|associated press|the associated press|bbc|bloomberg|cnn|dpa|interfax|kyodo|reuters|tass|\
    itar-tass|ria novosti|upi|xinhua|congress|senate|house|parliament|government|media|state|internet|god|christmas";

/// Whether a name is one of these.
pub(super) fn is_common_place(name: &str) -> bool {
    let folded = fold(name);
    let folded = folded.trim_end_matches(['.', ' ']);
    let bare = folded.strip_prefix("the ").unwrap_or(folded);
    COMMON.split('|').any(|c| c == bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_names() {
        for name in ["Russia", "the U.S.", "REUTERS", "United States"] {
            assert!(is_common_place(name), "{name}");
        }
        assert!(!is_common_place("Millport"));
    }
}
