package dev.pipelinetracker.local;

/** A request that the registry declines, with the numbers that Confluent's registry gives for it. */
final class RegistryRefusal extends Exception {

    private static final long serialVersionUID = 1;

    private final int httpStatus;
    private final int errorCode;

    private RegistryRefusal(int httpStatus, int errorCode, String message) {
        super(message);
        this.httpStatus = httpStatus;
        this.errorCode = errorCode;
    }

    static RegistryRefusal subjectNotFound(String subject) {
        return new RegistryRefusal(404, 40401, "Subject '" + subject + "' not found.");
    }

    static RegistryRefusal versionNotFound(String version) {
        return new RegistryRefusal(404, 40402, "Version " + version + " not found.");
    }

    static RegistryRefusal schemaNotFound() {
        return new RegistryRefusal(404, 40403, "Schema not found");
    }

    static RegistryRefusal levelNotConfigured(String subject) {
        return new RegistryRefusal(
                404, 40408, "Subject '" + subject + "' does not have subject-level compatibility configured");
    }

    static RegistryRefusal incompatible(String subject) {
        return new RegistryRefusal(
                409,
                409,
                "Schema being registered is incompatible with an earlier schema for subject \"" + subject + "\"");
    }

    static RegistryRefusal invalidSchema(String why) {
        return new RegistryRefusal(422, 42201, "Invalid schema: " + why);
    }

    static RegistryRefusal invalidVersion(String version) {
        return new RegistryRefusal(
                422,
                42202,
                "The specified version '" + version + "' is not a valid version id (a number or 'latest').");
    }

    static RegistryRefusal invalidLevel(String level) {
        return new RegistryRefusal(422, 42203, "Invalid compatibility level: '" + level + "'");
    }

    static RegistryRefusal badRequest(String why) {
        return new RegistryRefusal(400, 400, why);
    }

    static RegistryRefusal noSuchResource() {
        return new RegistryRefusal(404, 404, "HTTP 404 Not Found");
    }

    static RegistryRefusal methodNotAllowed() {
        return new RegistryRefusal(405, 405, "HTTP 405 Method Not Allowed");
    }

    static RegistryRefusal storeFailed(String why) {
        return new RegistryRefusal(500, 50001, "Error in the backend data store: " + why);
    }

    int httpStatus() {
        return httpStatus;
    }

    int errorCode() {
        return errorCode;
    }
}
