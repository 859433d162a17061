//! The fold, on histories written by hand. The engine's own histories are folded in `engine`.
