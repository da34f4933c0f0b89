package dev.pipelinetracker.database;

/** What a database is, before anything is done to it. What is none of these is refused. */
enum DatabaseState {
    /** None of schema 2.0's tables is there. */
    EMPTY,
    /** A worker has migrated or adopted it. */
    OURS,
    /** The framework's own script has made it: schema 2.0, with or without rows, and no worker has been here. */
    SCHEMA_2_0,
    /** The framework's older schema, whose analytics tables have a {@code role} in place of {@code org_id}. */
    ROLE_BASED
}
