//! The registry of entities, mirrored for readers.

use super::*;

/// A record whose text names a person.
fn naming(name: &str, path: &str) -> Record {
    let mut record = article(&format!("{name} opened the new lock on the canal."));
    record.id = copydesk_types::article_id(path, &record.text.body);
    let kind = copydesk_types::EntityType::Person;
    let id = copydesk_types::minted_entity_id(kind, &name.to_lowercase());
    let json = serde_json::json!([{
        "id": id, "type": "person", "name": name, "kb": {"wikidata": null, "geonames": null}, "country": null,
        "coordinates": null, "roles": [], "salience": 0.5,
        "link": {"method": "none", "confidence": 0.0, "alternatives": []},
        "mentions": [{"start": 0, "end": name.len(), "text": name, "label": "PERSON", "kind": "name"}],
    }]);
    record.entities = serde_json::from_value(json).unwrap();
    record
}

async fn bucket(desk: &Desk) -> BTreeMap<String, (String, u64)> {
    let mut all = BTreeMap::new();
    let read = |json: &[u8]| {
        let entry: serde_json::Value = serde_json::from_slice(json).unwrap();
        let into = entry["merged_into"].as_str().unwrap_or_default().to_owned();
        all.insert(
            entry["label"].as_str().unwrap().to_owned(),
            (into, entry["articles"].as_u64().unwrap()),
        );
    };
    desk.bus.entity_bucket().await.unwrap().read_all(read).await.unwrap();
    all
}

#[tokio::test]
async fn the_bucket_of_entities_follows_the_log() {
    let desk = desk().await;
    let make: MakeStage = Arc::new(|| {
        Box::new(copydesk_stages::Relate::new(copydesk_stages::RelateOptions::default()))
    });
    let missing = desk.bus.entity_bucket().await.unwrap_err();
    assert!(matches!(missing, BusError::NotFound { .. }), "{missing:?}");
    let worker = desk.start(StageName::Relate, Arc::clone(&make)).await;
    let records = [
        naming("Sergei Marchenko", "1"),
        naming("Sergey Marchenko", "2"),
        naming("Ada Brandt", "3"),
        naming("Ada Brandt", "4"),
    ];
    desk.feed(StageName::Relate, &records).await;
    desk.wait_until_settled(StageName::Relate).await;
    stop(worker).await.unwrap();
    let first = bucket(&desk).await;
    let count = |name: &str| first.get(name).map(|(_, articles)| *articles);
    assert_eq!((count("Sergei Marchenko"), count("Ada Brandt")), (Some(2), Some(2)), "{first:?}");
    let id = records[2].entities[0].id.as_str();
    assert!(desk.bus.entity_bucket().await.unwrap().get(id).await.unwrap().is_some());

    // What was lost in the bucket comes back from the log before the first article.
    let lost = (id.to_owned(), br#"{"label":"Ada Brandt","articles":1}"#.to_vec());
    desk.bus.entity_bucket().await.unwrap().put_all(&[lost]).await.unwrap();
    assert_ne!(bucket(&desk).await, first);
    std::fs::remove_dir_all(desk.dir.path().join("state")).unwrap();
    let worker = desk.start(StageName::Relate, make).await;
    assert_eq!(bucket(&desk).await, first);
    stop(worker).await.unwrap();
}
