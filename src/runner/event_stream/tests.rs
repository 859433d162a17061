//! The event stream over a store in memory.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::engine::{self, Start};
use crate::event::{DocumentIdentity, Environment, Launch, Settings};
use crate::store::MemoryStore;

/// The events of a runbook of one step that sets a variable.
fn events(id: &str) -> Vec<Recorded> {
    let text = "{schemaVersion: '0.3', variables: {V: {type: String, default: a}}, mainSteps: [{name: s, action: \
                'aws:updateVariable', inputs: {Name: 'variable:V', Value: b}}]}";
    let document = crate::document::read("test", text.as_bytes()).unwrap();
    let runbook = crate::runbook::load(&document).runbook.unwrap();
    let start = Start {
        execution: ExecutionId::new(id),
        document: DocumentIdentity { name: "test".to_owned(), sha256: String::new() },
        parameters: indexmap::IndexMap::new(),
        executed_by: "tester".to_owned(),
        environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
        settings: Settings {
            attempt_delays: [1_000].into(),
            throttle_delays: [1_000].into(),
            throttle_window: 0,
            jitter: 0.0,
            long_invocations: false,
            result_limit: None,
            poll_interval: None,
            idempotency_token: false,
        },
        seed: 1,
        outline: engine::outline(&runbook, false),
        launch: Launch::default(),
        reused: Vec::new(),
    };
    let (_, events, _) = engine::start(&runbook, start, Timestamp::UNIX_EPOCH).unwrap();
    assert!(events.len() > 3, "{events:?}");
    events
}

/// Stores and publishes one event after the other.
async fn publish(store: &MemoryStore, publisher: &EventPublisher, events: &[Recorded]) {
    for recorded in events {
        let one = std::slice::from_ref(recorded);
        match recorded.sequence {
            0 => store.create("", one).await.unwrap(),
            _ => store.append(&publisher.execution, one).await.unwrap(),
        }
        publisher.publish(one);
    }
}

/// Everything that a reader gets: executions and numbers of events, and lines.
async fn read(mut reader: EventReader) -> Vec<String> {
    let mut read = Vec::new();
    while let Some(item) = reader.next().await.unwrap() {
        read.push(match item {
            StreamItem::Event(execution, recorded) => format!("{execution} {}", recorded.sequence),
            StreamItem::Line(line) => line.text,
            StreamItem::LinesDropped(count) => format!("{count} dropped"),
        });
    }
    read
}

fn numbers(id: &str, events: &[Recorded]) -> Vec<String> {
    events.iter().map(|recorded| format!("{id} {}", recorded.sequence)).collect()
}

fn stream() -> (Arc<MemoryStore>, EventStream) {
    let store = Arc::new(MemoryStore::new());
    (Arc::clone(&store), EventStream::new(store))
}

fn line(text: &str) -> FunctionLogLine {
    FunctionLogLine { source: LineSource::Function, function: "f".to_owned(), text: text.to_owned() }
}

#[tokio::test]
async fn early_and_late_readers_get_every_event_once() {
    let (store, stream) = stream();
    let (events, publisher) = (events("a"), stream.publisher(ExecutionId::new("a")));
    let early = stream.subscribe(ExecutionId::new("a"), 0);
    publish(&store, &publisher, &events[..2]).await;
    let middle = stream.subscribe(ExecutionId::new("a"), 1);
    publish(&store, &publisher, &events[2..]).await;
    let late = stream.subscribe(ExecutionId::new("a"), 0);
    let all = numbers("a", &events);
    assert_eq!(
        (read(early.0).await, read(middle.0).await, read(late.0).await),
        (all.clone(), all[1..].to_vec(), all.clone())
    );
}

#[tokio::test]
async fn events_that_do_not_fit_are_read_from_the_store() {
    let (store, stream) = stream();
    let (events, publisher) = (events("a"), stream.publisher(ExecutionId::new("a")));
    let (reader, _end) = stream.subscribe(ExecutionId::new("a"), 0);
    for _ in 0..EVENT_QUEUE {
        publisher.publish_line(&line("x"));
    }
    publisher.publish_line(&line("lost"));
    publish(&store, &publisher, &events).await;
    let read = read(reader).await;
    let expected = [vec!["x".to_owned(); EVENT_QUEUE], vec!["1 dropped".to_owned()], numbers("a", &events)].concat();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn children_are_read_with_their_root_in_the_order_of_publication() {
    let (store, stream) = stream();
    let (root, child) = (ExecutionId::new("root"), ExecutionId::new("child"));
    let (own, inner) = (events("root"), events("child"));
    let (with_children, _first) = stream.subscribe_with_children(root.clone());
    let (alone, _second) = stream.subscribe(root.clone(), 0);
    let publisher = stream.publisher(root.clone());
    publish(&store, &publisher, &own[..2]).await;
    publisher.publish_line(&line("between"));
    publish(&store, &stream.child_publisher(child, root), &inner).await;
    publish(&store, &publisher, &own[2..]).await;
    let (own, inner) = (numbers("root", &own), numbers("child", &inner));
    let family = [&own[..2], &["between".to_owned()], &inner, &own[2..]].concat();
    let single = [&own[..2], &["between".to_owned()], &own[2..]].concat();
    assert_eq!((read(with_children).await, read(alone).await), (family, single));
}

#[tokio::test]
async fn ended_subscription_yields_what_was_published_before() {
    let (store, stream) = stream();
    let (events, publisher) = (events("a"), stream.publisher(ExecutionId::new("a")));
    let (reader, end) = stream.subscribe(ExecutionId::new("a"), 0);
    publish(&store, &publisher, &events[..2]).await;
    drop(end);
    assert_eq!(read(reader).await, numbers("a", &events[..2]));
}

#[tokio::test]
async fn dropped_reader_leaves_nothing_in_the_stream() {
    let (_, stream) = stream();
    let (first, _first_end) = stream.subscribe(ExecutionId::new("a"), 0);
    let (second, _second_end) = stream.subscribe_with_children(ExecutionId::new("a"));
    drop(first);
    let left = lock(&stream.subscriptions).values().map(Vec::len).sum::<usize>();
    drop(second);
    assert_eq!((left, lock(&stream.subscriptions).len()), (1, 0));
}
