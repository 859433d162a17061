//! Situations that need no program.
