//! Measuring: pinning to a core, clocks, interleaved rounds, medians.
//!
//! Sides are not measured one after the other: they alternate, in a new random order for every round, so that a slow
//! phase of the machine affects both, and neither always follows the one that leaves the caches cold. The median of the
//! rounds is compared.

use rustix::thread::CpuSet;
use rustix::time::{ClockId, clock_gettime};

/// The cost of a piece of work.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Elapsed nanoseconds.
    pub(crate) wall: f64,
    /// Nanoseconds of CPU of this process, all threads.
    pub(crate) cpu: f64,
}

impl Cost {
    /// The cost of one of `count` equal pieces.
    pub(crate) fn per(self, count: usize) -> Self {
        let count = count as f64;
        Self { wall: self.wall / count, cpu: self.cpu / count }
    }
}

/// Pins this process and its child processes to one core.
pub(crate) fn pin_to_one_core() -> rustix::io::Result<()> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|&cpu| allowed.is_set(cpu)).unwrap_or(0);
    let mut one = CpuSet::new();
    one.set(first);
    rustix::thread::sched_setaffinity(None, &one)
}

/// Raises the limit of open sockets to the hard limit.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If that fails, the figures that need many sockets report it.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Nanoseconds on the monotonic clock.
pub(crate) fn wall_clock() -> f64 {
    nanoseconds(ClockId::Monotonic)
}

#[expect(clippy::disallowed_methods, reason = "it measures CPU time, which is not a time of day")]
fn nanoseconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The cost of `work`.
pub(crate) fn measure(work: impl FnOnce()) -> Cost {
    let (wall, cpu) = (wall_clock(), nanoseconds(ClockId::ProcessCPUTime));
    work();
    Cost { wall: wall_clock() - wall, cpu: nanoseconds(ClockId::ProcessCPUTime) - cpu }
}

/// One of the things compared.
pub(crate) type Side<'a> = &'a mut dyn FnMut() -> Cost;

/// Runs every side once to warm up and then `rounds` times in turn; returns the median cost of each.
pub(crate) fn interleave<const N: usize>(rounds: usize, sides: [Side<'_>; N]) -> [Cost; N] {
    let mut sides = sides;
    for side in &mut sides {
        side();
    }
    let mut costs: [Vec<Cost>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    let mut order: [usize; N] = std::array::from_fn(|at| at);
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64; // the same order in every benchmark
    for _ in 0..rounds {
        for last in (1..N).rev() {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            order.swap(last, usize::try_from(chance % (last as u64 + 1)).unwrap_or(0));
        }
        for at in order {
            costs[at].push(sides[at]());
        }
    }
    costs.map(|costs| Cost { wall: median(costs.iter().map(|c| c.wall)), cpu: median(costs.iter().map(|c| c.cpu)) })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The resident memory of this process in bytes.
pub(crate) fn resident_bytes() -> std::io::Result<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(f64::NAN);
    Ok(pages * rustix::param::page_size() as f64)
}
