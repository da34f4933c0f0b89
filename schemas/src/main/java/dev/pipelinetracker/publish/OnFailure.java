package dev.pipelinetracker.publish;

/** What an event that could not be published means to the job. In both cases it is logged, counted, and fails its future. */
public enum OnFailure {
    /** The job goes on: an outage of Kafka or of the registry is not its problem. */
    LOG,
    /**
     * {@code publish}, {@code flush} and {@code close} throw a {@link PublishException}: for an event refused at once, and
     * for events whose delivery has failed since the last such call. The event that {@code publish} was given is taken
     * nevertheless: what it throws may be of an earlier one.
     */
    THROW
}
