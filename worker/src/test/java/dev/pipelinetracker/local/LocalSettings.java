package dev.pipelinetracker.local;

import java.nio.file.Path;
import java.util.Map;

/**
 * What the local mode may be told, by environment variables: those reach it from any shell, through Maven, unchanged.
 *
 * @param folder {@code LOCAL_FOLDER}: where all data are kept
 * @param kafkaPort {@code LOCAL_KAFKA_PORT}
 * @param postgresPort {@code LOCAL_POSTGRES_PORT}
 * @param registryPort {@code LOCAL_REGISTRY_PORT}
 * @param managementPort {@code LOCAL_MANAGEMENT_PORT}
 * @param eventsPerSecond {@code LOCAL_EVENTS_PER_SECOND}; 0 publishes nothing
 */
record LocalSettings(
        Path folder, int kafkaPort, int postgresPort, int registryPort, int managementPort, int eventsPerSecond) {

    private static final int HIGHEST_PORT = 65_535;
    private static final int HIGHEST_RATE = 10_000;

    /**
     * @param folder what it is unless told
     * @throws LocalFault if a variable is not a whole number or out of range
     */
    static LocalSettings from(Map<String, String> environment, Path folder) throws LocalFault {
        return new LocalSettings(
                Path.of(environment.getOrDefault("LOCAL_FOLDER", folder.toString())),
                number(environment, "LOCAL_KAFKA_PORT", 19_092, 1, HIGHEST_PORT),
                number(environment, "LOCAL_POSTGRES_PORT", 15_432, 1, HIGHEST_PORT),
                number(environment, "LOCAL_REGISTRY_PORT", 18_081, 1, HIGHEST_PORT),
                number(environment, "LOCAL_MANAGEMENT_PORT", 8_081, 1, HIGHEST_PORT),
                number(environment, "LOCAL_EVENTS_PER_SECOND", 30, 0, HIGHEST_RATE));
    }

    /** Each port, by the variable that changes it. */
    Map<String, Integer> ports() {
        return Map.of(
                "LOCAL_KAFKA_PORT", kafkaPort,
                "LOCAL_POSTGRES_PORT", postgresPort,
                "LOCAL_REGISTRY_PORT", registryPort,
                "LOCAL_MANAGEMENT_PORT", managementPort);
    }

    private static int number(Map<String, String> environment, String name, int otherwise, int least, int most)
            throws LocalFault {
        String text = environment.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, as for a number out of range
        }
        throw new LocalFault(name + " is not a number from " + least + " to " + most + ": " + text);
    }
}
