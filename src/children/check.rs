//! What can be said of children before anything runs.
