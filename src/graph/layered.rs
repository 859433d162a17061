//! Layout: computes the positions of boxes and lines in pixels, without knowing their meaning.
//!
//! Boxes are in ranks, each below all its predecessors. Lines are orthogonal. A line to the next rank crosses the gap
//! between; any other (over several ranks, or back up) runs in a lane beside the boxes, and lines of one class to one
//! box share their lane, so that twenty steps with the same cleanup make one line and not twenty. General graph layouts
//! lack that, and a running time that is nearly linear in the number of lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A box to place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) width: i64,
    pub(super) height: i64,
    /// Whether it must be below all others.
    pub(super) is_last: bool,
    /// Whether a path leads to it from the first item; otherwise it is placed as near as possible to its successors.
    pub(super) is_reachable: bool,
}

/// A line to draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) class: Class,
    /// The width of its label; 0 for none.
    pub(super) label: i64,
}

/// Lines of one class may share a lane. Ordinary ones use lanes on the left, the others on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// The normal edge; boxes are aligned along it.
    Ordinary,
    /// Back to the first item.
    Back,
    /// After a failure.
    Failure,
    /// On cancellation.
    Cancel,
}

/// The resulting positions. The top left corner is 0, 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) width: i64,
    pub(super) height: i64,
    /// The top left corner of each item.
    pub(super) boxes: Vec<Point>,
    /// Each link: its corners from the first box to the second, and the left end of its label's base line.
    pub(super) lines: Vec<(Vec<Point>, Point)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Point {
    pub(super) x: i64,
    pub(super) y: i64,
}

/// Between two boxes of a rank.
const BESIDE: i64 = 28;
/// Between two lanes, and between a lane and a box.
const LANE: i64 = 14;
/// Between two lines in a gap.
const TRACK: i64 = 10;
/// Likewise where a label is on the line.
const LABELLED_TRACK: i64 = 20;
/// Above the first line of a gap, and below the last, where the arrowheads are.
const ABOVE: i64 = 10;
const BELOW: i64 = 18;
/// Between a line and its label.
const LABEL: i64 = 6;
/// Between two lines at one side of a box.
const PORT: i64 = 18;
/// How often all ranks are ordered and moved. More has no visible effect.
const SWEEPS: usize = 4;
/// The width of a rank while its items are being ordered.
const PLACES: i64 = 1 << 40;
/// Lines in one gap that are ordered; beyond that no reader can follow them anyway.
const ORDERED: usize = 64;

/// Places items; the first one is the start.
pub(super) fn place(items: &[Item], links: &[Link]) -> Placed {
    let ranks = Ranks::new(items, links);
    let columns = columns(items, links, &ranks);
    Routes::new(items, links, &ranks, &columns).placed()
}

/// The rank of each item.
struct Ranks {
    of: Vec<usize>,
    /// The items of each rank from left to right.
    rows: Vec<Vec<usize>>,
}

impl Ranks {
    fn new(items: &[Item], links: &[Link]) -> Self {
        let mut onwards: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
        for link in links {
            onwards[link.from].push(link.to);
        }
        let order = depth_first(&onwards);
        let mut place = vec![0; items.len()];
        for (at, item) in order.iter().enumerate() {
            place[*item] = at;
        }
        // An edge that leads up in that order is a back edge.
        let mut of = vec![0_usize; items.len()];
        for from in &order {
            for to in &onwards[*from] {
                if place[*from] < place[*to] {
                    of[*to] = of[*to].max(of[*from] + 1);
                }
            }
        }
        for from in order.iter().rev().filter(|from| !items[**from].is_reachable) {
            let below = onwards[*from].iter().filter(|to| place[*from] < place[**to]).map(|to| of[*to]).min();
            of[*from] = below.map_or(of[*from].max(1), |below| below.saturating_sub(1).max(1));
        }
        let lowest = (0..items.len()).filter(|at| !items[*at].is_last).map(|at| of[at]).max().unwrap_or(0);
        for (at, _) in items.iter().enumerate().filter(|(_, item)| item.is_last) {
            of[at] = lowest + 1;
        }
        let mut rows = vec![Vec::new(); of.iter().max().map_or(0, |last| last + 1)];
        for (at, rank) in of.iter().enumerate() {
            rows[*rank].push(at);
        }
        let mut ranks = Self { of, rows };
        ranks.untangle(links);
        ranks
    }

    /// Orders the items of each rank by the positions of their neighbours above and below.
    fn untangle(&mut self, links: &[Link]) {
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); self.of.len()];
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); self.of.len()];
        for link in links.iter().filter(|link| self.of[link.from] < self.of[link.to]) {
            above[link.to].push(link.from);
            below[link.from].push(link.to);
        }
        let mut place = vec![0; self.of.len()];
        let count = self.rows.len();
        for sweep in 0..=SWEEPS {
            let downwards = sweep % 2 == 0;
            let neighbours = if downwards { &above } else { &below };
            for step in 0..count {
                let row = &mut self.rows[if downwards { step } else { count - 1 - step }];
                // The sort is stable: equal items stay in the order of the runbook.
                row.sort_by_cached_key(|at| {
                    mean(neighbours[*at].iter().map(|other| place[*other])).unwrap_or(place[*at])
                });
                let share = PLACES / (2 * int(row.len()).max(1));
                for (nth, at) in row.iter().enumerate() {
                    place[*at] = (2 * int(nth) + 1) * share;
                }
            }
        }
    }
}

/// The items in topological order, without back edges.
fn depth_first(onwards: &[Vec<usize>]) -> Vec<usize> {
    let mut is_seen = vec![false; onwards.len()];
    let mut finished = Vec::with_capacity(onwards.len());
    for root in 0..onwards.len() {
        // Each item with the number of its edges that were followed; recursion could overflow the stack.
        let mut path = Vec::new();
        if !std::mem::replace(&mut is_seen[root], true) {
            path.push((root, 0));
        }
        while let Some((at, looked_at)) = path.last_mut() {
            let next = onwards[*at].get(*looked_at).copied();
            *looked_at += 1;
            match next {
                Some(next) if !is_seen[next] => {
                    is_seen[next] = true;
                    path.push((next, 0));
                }
                Some(_) => {}
                None => {
                    finished.push(*at);
                    path.pop();
                }
            }
        }
    }
    finished.reverse();
    finished
}

/// The centre of each item from left to right: below its predecessors, as far as its neighbours leave room.
fn columns(items: &[Item], links: &[Link], ranks: &Ranks) -> Vec<i64> {
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for link in links.iter().filter(|link| link.class == Class::Ordinary && ranks.of[link.from] < ranks.of[link.to]) {
        above[link.to].push(link.from);
        below[link.from].push(link.to);
    }
    // The target of the normal edge stays aligned; the target of a failure moves.
    let weight: Vec<i64> = above.iter().map(|above| if above.is_empty() { 1 } else { 16 }).collect();
    let mut columns = vec![0; items.len()];
    let count = ranks.rows.len();
    for sweep in 0..=2 * SWEEPS {
        let downwards = sweep % 2 == 0;
        let neighbours = if downwards { &above } else { &below };
        for step in 0..count {
            let row = &ranks.rows[if downwards { step } else { count - 1 - step }];
            let wanted = |at: &usize| mean(neighbours[*at].iter().map(|other| columns[*other])).unwrap_or(columns[*at]);
            let wanted: Vec<i64> = row.iter().map(wanted).collect();
            for (at, column) in row.iter().zip(apart(row, &wanted, &weight, items)) {
                columns[*at] = column;
            }
        }
    }
    columns
}

/// As near as possible to the desired positions without overlap: neighbours that would overlap move together, to the
/// weighted mean of their desired positions.
fn apart(row: &[usize], wanted: &[i64], weight: &[i64], items: &[Item]) -> Vec<i64> {
    let mut offset = 0;
    let mut offsets = Vec::with_capacity(row.len());
    // Each block: the weighted sum of desired positions, the weight, the number of items.
    let mut blocks: Vec<(i64, i64, usize)> = Vec::new();
    for (nth, at) in row.iter().enumerate() {
        if let Some(before) = nth.checked_sub(1).map(|before| row[before]) {
            offset += i64::midpoint(items[before].width, items[*at].width) + BESIDE;
        }
        offsets.push(offset);
        let mut block = ((wanted[nth] - offset) * weight[*at], weight[*at], 1);
        while let Some(before) = blocks.pop() {
            if before.0 / before.1 <= block.0 / block.1 {
                blocks.push(before);
                break;
            }
            block = (before.0 + block.0, before.1 + block.1, before.2 + block.2);
        }
        blocks.push(block);
    }
    let starts = blocks.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}

/// The route of a link.
#[derive(Debug, Clone, Copy)]
enum Route {
    /// Through the gap below its first item, on a track of it.
    Direct { track: Option<usize> },
    /// Through the gap below its first item to a lane, and from it through the gap above its second item.
    Lane { track: usize, lane: usize },
}

/// A lane with the lines that share it.
struct Lane {
    to: usize,
    class: Class,
    links: Vec<usize>,
    x: i64,
    /// The track in the gap above the item.
    track: usize,
}

/// The horizontal lines in the gap above a rank, or below the last.
#[derive(Default)]
struct Gap {
    /// The lines on each track, sorted from left to right by extent, and whether any has a label.
    tracks: Vec<(Vec<(i64, i64)>, bool)>,
    /// The columns where lines come from above, and the lowest track they go down to.
    come_down: HashMap<i64, usize>,
    /// The extent of lines that do not end in a lane.
    reach: Option<(i64, i64)>,
}

impl Gap {
    /// Finds a track for a line that comes down at `from` and continues down at `to`, so that neither end overlaps
    /// another line.
    fn take(&mut self, extent: (i64, i64), from: Option<i64>, to: Option<i64>, has_label: bool) -> usize {
        let least =
            to.filter(|to| from != Some(*to)).and_then(|to| self.come_down.get(&to)).map_or(0, |track| track + 1);
        let is_free = |lines: &[(i64, i64)]| lines.iter().all(|line| extent.1 + 4 < line.0 || line.1 + 4 < extent.0);
        let found = self.tracks.iter().enumerate().skip(least).find(|(_, (lines, _))| is_free(lines)).map(|(at, _)| at);
        let track = found.unwrap_or_else(|| self.tracks.len().max(least));
        self.tracks.resize_with(self.tracks.len().max(track + 1), Default::default);
        self.tracks[track].0.push(extent);
        self.tracks[track].1 |= has_label;
        if let Some(from) = from {
            let lowest = self.come_down.entry(from).or_insert(track);
            *lowest = track.max(*lowest);
        }
        track
    }

    fn height(&self, is_outermost: bool) -> i64 {
        if self.tracks.is_empty() && is_outermost {
            return 0;
        }
        ABOVE + BELOW + self.tracks.iter().map(|(_, labelled)| track_height(*labelled)).sum::<i64>()
    }

    /// The height of a track's line below the top of the gap.
    fn line(&self, track: usize) -> i64 {
        ABOVE + self.tracks.iter().take(track + 1).map(|(_, labelled)| track_height(*labelled)).sum::<i64>()
    }
}

fn track_height(labelled: bool) -> i64 {
    if labelled { LABELLED_TRACK } else { TRACK }
}

/// All lines, between boxes whose ranks and columns are known.
struct Routes<'a> {
    items: &'a [Item],
    links: &'a [Link],
    ranks: &'a Ranks,
    columns: &'a [i64],
    /// The point where each link leaves its first item, and where it enters its second.
    leaves: Vec<i64>,
    comes: Vec<i64>,
    by_link: Vec<Route>,
    lanes: Vec<Lane>,
    gaps: Vec<Gap>,
}

impl<'a> Routes<'a> {
    fn new(items: &'a [Item], links: &'a [Link], ranks: &'a Ranks, columns: &'a [i64]) -> Self {
        let mut lanes: BTreeMap<(usize, Class), Vec<usize>> = BTreeMap::new();
        for (at, link) in links.iter().enumerate() {
            if ranks.of[link.to] != ranks.of[link.from] + 1 {
                lanes.entry((link.to, link.class)).or_default().push(at);
            }
        }
        let lanes = lanes.into_iter().map(|((to, class), links)| Lane { to, class, links, x: 0, track: 0 });
        let mut routes = Self {
            items,
            links,
            ranks,
            columns,
            leaves: vec![0; links.len()],
            comes: vec![0; links.len()],
            by_link: vec![Route::Direct { track: None }; links.len()],
            lanes: lanes.collect(),
            gaps: (0..=ranks.rows.len()).map(|_| Gap::default()).collect(),
        };
        for (lane, shared) in routes.lanes.iter().enumerate() {
            for at in &shared.links {
                routes.by_link[*at] = Route::Lane { track: 0, lane };
            }
        }
        routes.find_ports();
        routes.find_tracks();
        routes.find_lanes();
        routes
    }

    /// Assigns the points where lines leave and enter their boxes.
    fn find_ports(&mut self) {
        let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); self.items.len()];
        let mut classes: Vec<BTreeSet<Class>> = vec![BTreeSet::new(); self.items.len()];
        for (at, link) in self.links.iter().enumerate() {
            outgoing[link.from].push(at);
            classes[link.to].insert(link.class);
        }
        for (at, link) in self.links.iter().enumerate() {
            let nth = classes[link.to].iter().position(|class| *class == link.class).unwrap_or(0);
            self.comes[at] = self.columns[link.to] + int(nth) * self.port(link.to, classes[link.to].len() * 2);
        }
        for (item, mut links) in outgoing.into_iter().enumerate() {
            links.sort_by_key(|at| (self.direction(*at), self.links[*at].class, *at));
            let port = self.port(item, links.len());
            // The normal edge goes straight down; the others leave at its sides.
            let is_straight = |at: &usize| {
                matches!(self.by_link[*at], Route::Direct { .. }) && self.links[*at].class == Class::Ordinary
            };
            let mut straight = links.iter().filter(|at| is_straight(at));
            let middle = match (straight.next(), straight.next()) {
                (Some(one), None) => links.iter().position(|at| at == one).map_or(0, |nth| 2 * int(nth)),
                (Some(_) | None, _) => int(links.len()) - 1,
            };
            for (nth, at) in links.iter().enumerate() {
                self.leaves[*at] = self.columns[item] + (2 * int(nth) - middle) * port / 2;
            }
        }
    }

    /// The distance between lines at a box with this many.
    fn port(&self, item: usize, count: usize) -> i64 {
        let room = (self.items[item].width - 16).max(0);
        PORT.min(room / (2 * int(count).max(1)))
    }

    /// Where a line turns to: far left, the column of the item below, far right.
    fn direction(&self, at: usize) -> i64 {
        match self.by_link[at] {
            Route::Direct { .. } => self.columns[self.links[at].to],
            Route::Lane { .. } if is_left(self.links[at].class) => i64::MIN,
            Route::Lane { .. } => i64::MAX,
        }
    }

    /// Assigns a track to every horizontal line.
    fn find_tracks(&mut self) {
        let mut out: Vec<Vec<usize>> = vec![Vec::new(); self.gaps.len()];
        let mut direct: Vec<Vec<usize>> = vec![Vec::new(); self.gaps.len()];
        for (at, link) in self.links.iter().enumerate() {
            let gap = self.ranks.of[link.from] + 1;
            match self.by_link[at] {
                Route::Direct { .. } => direct[gap].push(at),
                Route::Lane { .. } => out[gap].push(at),
            }
        }
        for gap in 0..self.gaps.len() {
            // The outermost first: lines that leave farther inside pass below it.
            let outermost = |at: &usize| {
                let leaves = self.leaves[*at];
                if self.direction(*at) < leaves { leaves } else { -leaves }
            };
            out[gap].sort_by_key(outermost);
            direct[gap].sort_by_key(outermost);
            for at in &out[gap] {
                let (leaves, link) = (self.leaves[*at], self.links[*at]);
                let extent = if is_left(link.class) { (i64::MIN / 2, leaves) } else { (leaves, i64::MAX / 2) };
                let track = self.gaps[gap].take(extent, Some(leaves), None, link.label > 0);
                if let Route::Lane { track: own, .. } = &mut self.by_link[*at] {
                    *own = track;
                }
            }
            for at in self.downwards(&direct[gap]) {
                let (leaves, comes, label) = (self.leaves[at], self.comes[at], self.links[at].label);
                if leaves == comes && label == 0 {
                    continue;
                }
                let mut extent = (leaves.min(comes), leaves.max(comes));
                if label > 0 {
                    let start = label_start(leaves, comes, label);
                    extent = (extent.0.min(start), extent.1.max(start + label));
                }
                let found = &mut self.gaps[gap];
                let track = found.take(extent, Some(leaves), Some(comes), label > 0);
                let reach = found.reach.unwrap_or(extent);
                found.reach = Some((reach.0.min(extent.0), reach.1.max(extent.1)));
                self.by_link[at] = Route::Direct { track: Some(track) };
            }
        }
        for lane in &mut self.lanes {
            let Some(comes) = lane.links.first().map(|at| self.comes[*at]) else { continue };
            let extent = if is_left(lane.class) { (i64::MIN / 2, comes) } else { (comes, i64::MAX / 2) };
            lane.track = self.gaps[self.ranks.of[lane.to]].take(extent, None, Some(comes), false);
        }
    }

    /// Orders the lines between two ranks so that none comes down on one that was placed before it.
    fn downwards(&self, links: &[usize]) -> Vec<usize> {
        if links.len() > ORDERED {
            return links.to_vec();
        }
        let mut waiting = links.to_vec();
        let mut order = Vec::with_capacity(links.len());
        while !waiting.is_empty() {
            let is_last = |at: usize| {
                let is_below = |other: &usize| *other != at && self.leaves[*other] == self.comes[at];
                self.leaves[at] != self.comes[at] && waiting.iter().any(is_below)
            };
            // A cycle of them has to be broken somewhere.
            let next = waiting.iter().position(|at| !is_last(*at)).unwrap_or(0);
            order.push(waiting.remove(next));
        }
        order
    }

    /// Assigns positions beside the boxes to all lanes, short ones inside.
    fn find_lanes(&mut self) {
        // Ranks and gaps alternate, from the topmost gap: their extents to the left and right.
        let mut reach: Vec<Option<(i64, i64)>> = vec![None; 2 * self.ranks.rows.len() + 1];
        for (at, gap) in self.gaps.iter().enumerate() {
            reach[2 * at] = gap.reach;
        }
        for (at, item) in self.items.iter().enumerate() {
            let own = (self.columns[at] - item.width / 2, self.columns[at] + item.width / 2);
            let rank = &mut reach[2 * self.ranks.of[at] + 1];
            *rank = Some(rank.map_or(own, |rank| (rank.0.min(own.0), rank.1.max(own.1))));
        }
        let spans: Vec<(usize, usize)> = self.lanes.iter().map(|lane| self.span(lane)).collect();
        let mut order: Vec<usize> = (0..self.lanes.len()).collect();
        order.sort_by_key(|lane| spans[*lane].1 - spans[*lane].0);
        for at in order {
            let (lane, (first, last)) = (&self.lanes[at], spans[at]);
            let passed = reach[first..=last].iter().flatten();
            let ends = lane.links.iter().map(|at| (self.leaves[*at], self.links[*at].label));
            let ends = ends.chain(lane.links.first().map(|at| (self.comes[*at], 0)));
            let x = if is_left(lane.class) {
                let beside = passed.map(|reach| reach.0 - LANE);
                beside.chain(ends.map(|(x, label)| x - LANE - label)).min()
            } else {
                let beside = passed.map(|reach| reach.1 + LANE);
                beside.chain(ends.map(|(x, label)| x + LANE + label)).max()
            };
            let x = x.unwrap_or(0);
            self.lanes[at].x = x;
            for reach in &mut reach[first..=last] {
                *reach = Some(reach.map_or((x, x), |reach| (reach.0.min(x), reach.1.max(x))));
            }
        }
    }

    /// The ranks and gaps that a lane passes.
    fn span(&self, lane: &Lane) -> (usize, usize) {
        let end = 2 * self.ranks.of[lane.to];
        let starts = || lane.links.iter().map(|at| 2 * (self.ranks.of[self.links[*at].from] + 1));
        (starts().min().map_or(end, |start| start.min(end)), starts().max().map_or(end, |start| start.max(end)))
    }

    fn placed(self) -> Placed {
        let mut tops = Vec::new();
        let mut gap_tops = Vec::new();
        let mut heights = Vec::new();
        let mut y = 0;
        for (at, gap) in self.gaps.iter().enumerate() {
            gap_tops.push(y);
            y += gap.height(at == 0 || at == self.ranks.rows.len());
            if let Some(row) = self.ranks.rows.get(at) {
                let height = row.iter().map(|item| self.items[*item].height).max().unwrap_or(0);
                tops.push(y);
                heights.push(height);
                y += height;
            }
        }
        let top = |item: usize| {
            let rank = self.ranks.of[item];
            tops[rank] + (heights[rank] - self.items[item].height) / 2
        };
        let line = |gap: usize, track: usize| gap_tops[gap] + self.gaps[gap].line(track);
        let mut boxes: Vec<Point> = (0..self.items.len())
            .map(|item| Point { x: self.columns[item] - self.items[item].width / 2, y: top(item) })
            .collect();
        let mut lines: Vec<(Vec<Point>, Point)> = Vec::with_capacity(self.links.len());
        for (at, link) in self.links.iter().enumerate() {
            let (leaves, comes) = (self.leaves[at], self.comes[at]);
            let below = self.ranks.of[link.from] + 1;
            let mut corners = vec![(leaves, top(link.from) + self.items[link.from].height)];
            let (turn, towards) = match self.by_link[at] {
                Route::Direct { track: None } => (corners[0].1, comes),
                Route::Direct { track: Some(track) } => {
                    let turn = line(below, track);
                    if leaves != comes {
                        corners.extend([(leaves, turn), (comes, turn)]);
                    }
                    (turn, comes)
                }
                Route::Lane { track, lane } => {
                    let lane = &self.lanes[lane];
                    let (turn, end) = (line(below, track), line(self.ranks.of[link.to], lane.track));
                    corners.extend([(leaves, turn), (lane.x, turn), (lane.x, end), (comes, end)]);
                    (turn, lane.x)
                }
            };
            corners.push((comes, top(link.to)));
            let corners = corners.into_iter().map(|(x, y)| Point { x, y }).collect();
            lines.push((corners, Point { x: label_start(leaves, towards, link.label), y: turn - 5 }));
        }
        let mut left = i64::MAX;
        let mut right = i64::MIN;
        for (item, corner) in self.items.iter().zip(&boxes) {
            (left, right) = (left.min(corner.x), right.max(corner.x + item.width));
        }
        for ((corners, label), link) in lines.iter().zip(self.links) {
            for corner in corners {
                (left, right) = (left.min(corner.x), right.max(corner.x));
            }
            if link.label > 0 {
                (left, right) = (left.min(label.x), right.max(label.x + link.label));
            }
        }
        let points = lines.iter_mut().flat_map(|(corners, label)| corners.iter_mut().chain([label]));
        points.chain(&mut boxes).for_each(|point| point.x -= left);
        Placed { width: (right - left).max(0), height: y, boxes, lines }
    }
}

/// The side on which a lane of this class runs.
fn is_left(class: Class) -> bool {
    match class {
        Class::Ordinary | Class::Back => true,
        Class::Failure | Class::Cancel => false,
    }
}

/// Where a label begins: beside the point where its line starts, in the direction of its turn.
fn label_start(leaves: i64, towards: i64, label: i64) -> i64 {
    if towards < leaves { leaves - LABEL - label } else { leaves + LABEL }
}

fn mean(values: impl Iterator<Item = i64>) -> Option<i64> {
    let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count)
}

/// Converts a count to a coordinate.
fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
