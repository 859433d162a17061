//! Property tests of the layout: boxes do not touch, and lines run at right angles from box to box, through none.

use proptest::prelude::*;

use crate::graph::layered::{Class, Item, Link, Placed, Point, place};

fn items_and_links() -> impl Strategy<Value = (Vec<Item>, Vec<Link>)> {
    (2_usize..12).prop_flat_map(|count| {
        let item = (40_i64..200, 20_i64..90).prop_map(|(width, height)| (width, height));
        let class = prop::sample::select(vec![Class::Ordinary, Class::Back, Class::Failure, Class::Cancel]);
        let link = (0..count, 0..count, class, prop::sample::select(vec![0_i64, 0, 60, 200]));
        (prop::collection::vec(item, count), prop::collection::vec(link, 0..24)).prop_map(move |(items, links)| {
            let mut links: Vec<Link> =
                links.into_iter().map(|(from, to, class, label)| Link { from, to, class, label }).collect();
            // Mostly a chain, as in a runbook.
            links.extend((1..count).map(|to| Link { from: to - 1, to, class: Class::Ordinary, label: 0 }));
            let items = items.into_iter().enumerate().map(|(at, (width, height))| Item {
                width,
                height,
                is_last: at + 1 == count,
                is_reachable: at % 5 != 4,
            });
            (items.collect(), links)
        })
    })
}

/// The problems of a layout, in words.
fn problems(items: &[Item], links: &[Link], placed: &Placed) -> Vec<String> {
    let mut wrong = Vec::new();
    let area = |at: usize| {
        let (corner, item) = (placed.boxes[at], items[at]);
        (corner.x, corner.y, corner.x + item.width, corner.y + item.height)
    };
    for one in 0..items.len() {
        let (left, top, right, bottom) = area(one);
        if left < 0 || top < 0 || right > placed.width || bottom > placed.height {
            wrong.push(format!("box {one} is outside"));
        }
        for other in 0..one {
            let other_area = area(other);
            if left < other_area.2 && other_area.0 < right && top < other_area.3 && other_area.1 < bottom {
                wrong.push(format!("boxes {other} and {one} overlap"));
            }
        }
    }
    for (at, (link, (corners, _))) in links.iter().zip(&placed.lines).enumerate() {
        let (from, to) = (area(link.from), area(link.to));
        let (first, last) = (corners[0], corners[corners.len() - 1]);
        if first.y != from.3 || first.x < from.0 || first.x > from.2 {
            wrong.push(format!("line {at} does not leave its box"));
        }
        if last.y != to.1 || last.x < to.0 || last.x > to.2 {
            wrong.push(format!("line {at} does not come to its box"));
        }
        for ends in corners.windows(2) {
            let (a, b): (Point, Point) = (ends[0], ends[1]);
            if a.x != b.x && a.y != b.y {
                wrong.push(format!("line {at} runs slantwise"));
            }
            for item in 0..items.len() {
                let (left, top, right, bottom) = area(item);
                let crosses = a.x.min(b.x) < right && left < a.x.max(b.x).max(a.x.min(b.x) + 1);
                if crosses && a.y.min(b.y) < bottom && top < a.y.max(b.y) {
                    wrong.push(format!("line {at} runs through box {item}"));
                }
            }
        }
    }
    wrong
}

proptest! {
    #[test]
    fn boxes_do_not_overlap_and_edges_avoid_boxes((items, links) in items_and_links()) {
        let placed = place(&items, &links);
        prop_assert_eq!(problems(&items, &links, &placed), Vec::<String>::new());
    }
}
