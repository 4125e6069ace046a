//! A cluster of three servers that loses one.

use super::*;

/// A cluster takes seconds to agree on a leader, and longer on a busy machine.
const ELECTION: Duration = Duration::from_secs(50);

#[tokio::test]
async fn nothing_is_lost_with_the_server_that_led_the_stream() {
    let mut servers = NatsServer::start_cluster();
    let url = servers.iter().map(NatsServer::url).collect::<Vec<_>>().join(", ");
    let options = BusOptions { url, replicas: 3, ..options(&servers[0]) };
    let bus = Bus::connect(&options).await.expect("connect to the cluster");
    wait_for("a cluster that makes streams", ELECTION, || async {
        match bus.ensure_streams().await {
            Ok(()) => Some(()),
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                None
            }
        }
    })
    .await;
    publish(&bus, 20).await;
    // Our connection is to one of the three, and one of them leads the stream: each is killed once.
    let mut count = 20_u64;
    for server in &mut servers {
        server.kill9();
        for id in count + 1..=count + 20 {
            bus.publish(message(&id.to_string())).await.expect("store a message");
        }
        count += 20;
        server.restart();
        wait_for("the stream to answer", ELECTION, || async {
            match bus.stream_state(StreamName::Raw).await {
                Ok(state) => (state.messages == count).then_some(()),
                Err(error) if error.is_transient() => None,
                Err(error) => panic!("{error:?}"),
            }
        })
        .await;
    }
}
