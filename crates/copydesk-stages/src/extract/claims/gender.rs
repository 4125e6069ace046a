//! Grammatical gender of people, as far as the article shows it.

use copydesk_nlp::Doc;
use copydesk_types::{Entity, EntityType};

use crate::extract::lexicon::has;

/// What a pronoun asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    /// he
    Male,
    /// she
    Female,
    /// they
    Plural,
}

/// What a third-person pronoun asks for; `None` for every other word.
pub(super) fn of_pronoun(lower: &str) -> Option<Gender> {
    match lower {
        "he" | "him" | "his" | "himself" => Some(Gender::Male),
        "she" | "her" | "hers" | "herself" => Some(Gender::Female),
        "they" | "them" | "their" | "themselves" => Some(Gender::Plural),
        _ => None,
    }
}

const MALE_TITLES: &str = "mr mr. sir lord king prince emperor pope spokesman congressman chairman businessman father son brother \
    husband duke sheikh imam priest";
const FEMALE_TITLES: &str = "mrs mrs. ms ms. miss dame lady queen princess spokeswoman congresswoman chairwoman businesswoman mother \
    daughter sister wife duchess actress";

/// Given names that are one gender's in nearly all cases.
const MALE_NAMES: &str = "james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark \
    donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric \
    jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron \
    jose henry adam douglas nathan peter zachary kyle walter harold jeremy ethan carl keith roger gerald christian terry sean arthur \
    austin noah lawrence jesse joe bryan billy jordan albert dylan bruce willie gabriel alan juan logan wayne ralph roy eugene randy \
    vincent russell louis philip bobby johnny bradley bernie bernard ted mike bill jim tom bob steve dan dave jeff tim ken ron don \
    greg matt chris rick jon fred martin ben sam tony barack marco jeb mitt newt rand lindsey boris vladimir sergei sergey dmitry \
    ivan mikhail nikolai igor yuri alexei oleg mohammed muhammad ahmed ali hassan omar ibrahim khalid abdullah hans klaus jürgen \
    wolfgang günter heinrich jean pierre jacques françois emmanuel carlos luis miguel jorge pedro diego pablo fernando antonio marco \
    giovanni giuseppe matteo silvio narendra rahul amit rajiv shinzo kenji hiroshi keir nigel gordon duncan graham stuart neil colin \
    hugo oscar max leo felix simon harry ian alastair benedict chuck";
const FEMALE_NAMES: &str = "mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra ashley \
    kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen amy angela \
    shirley anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet catherine maria heather diane \
    ruth julie olivia joyce virginia victoria kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha \
    gloria teresa ann sara madison frances kathryn janice jean abigail alice julia judy sophia grace denise amber doris marilyn \
    danielle beverly isabella theresa diana natalie brittany charlotte marie kayla alexis lori hillary chelsea melania ivanka michele \
    carly elena olga natalia tatiana svetlana irina ekaterina maria marine ursula annegret theresa nicola priya sonia indira aung \
    benazir fatima aisha leila claire sophie camille brigitte ségolène lucia carmen pilar isabel cristina dilma giorgia huma kellyanne \
    condoleezza nikki susan kamala loretta valerie wendy gwen megyn debbie katie kate jill jane judy heidi";

/// The gender that a title in front of a mention or the given name shows.
pub(super) fn of_entity(doc: &Doc, entity: &Entity) -> Option<Gender> {
    if entity.kind != EntityType::Person {
        return None;
    }
    for mention in &entity.mentions {
        let first = doc.token_at_byte(mention.start);
        let before = first.checked_sub(1).map_or("", |t| doc.lower(t));
        if has(MALE_TITLES, before) {
            return Some(Gender::Male);
        }
        if has(FEMALE_TITLES, before) {
            return Some(Gender::Female);
        }
    }
    let given = entity.name.split_whitespace().next()?.to_lowercase();
    let several = entity.name.split_whitespace().count() > 1;
    match (several, has(MALE_NAMES, &given), has(FEMALE_NAMES, &given)) {
        (true, true, false) => Some(Gender::Male),
        (true, false, true) => Some(Gender::Female),
        _ => None,
    }
}
