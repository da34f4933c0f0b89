package dev.pipelinetracker.wire;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a registry answered.
 *
 * @param path of the request, below the registry's base URL
 * @param status HTTP status
 * @param hasBody whether there was a body at all
 * @param body the body if it was JSON, else a missing node
 */
record RegistryAnswer(String path, int status, boolean hasBody, JsonNode body) {
    private static final int SUBJECT_NOT_FOUND = 40401;
    private static final int SCHEMA_NOT_FOUND = 40403;
    private static final int LEVEL_NOT_CONFIGURED = 40408;

    boolean isOk() {
        return status == 200;
    }

    /**
     * Any other 404 comes from a gateway or a wrong base URL: that is no verdict on a schema. Apicurio, Karapace and Redpanda
     * send the code, too; Apicurio's 404 without a body means that there is no such path.
     */
    boolean saysUnknownSchema() {
        return status == 404 && errorCode() == SCHEMA_NOT_FOUND;
    }

    /** The subject does not exist, or does not know the schema. */
    boolean saysNotInSubject() {
        return status == 404 && (errorCode() == SUBJECT_NOT_FOUND || errorCode() == SCHEMA_NOT_FOUND);
    }

    /** The subject has no level of its own; an older registry says that the subject does not exist. */
    boolean saysNoLevel() {
        return status == 404 && (errorCode() == LEVEL_NOT_CONFIGURED || errorCode() == SUBJECT_NOT_FOUND);
    }

    /**
     * The answer's {@code id}: a number from 1 on, 0 and less are what a registry never gives.
     *
     * @throws RegistryUnavailableException if the answer is another
     */
    int id() {
        JsonNode id = body.path("id");
        if (!isOk()) {
            throw new RegistryUnavailableException(describe(), null);
        }
        if (!id.isInt() || id.intValue() < 1) {
            throw new RegistryUnavailableException(describe() + ", but with no id", null);
        }
        return id.intValue();
    }

    /**
     * A text of the answer.
     *
     * @throws RegistryUnavailableException if the answer is another
     */
    String text(String name) {
        JsonNode text = body.path(name);
        if (!isOk() || !text.isTextual()) {
            throw new RegistryUnavailableException(describe(), null);
        }
        return text.textValue();
    }

    /** Path, status and Confluent's error code, for people. */
    String describe() {
        String code = errorCode() == 0 ? "" : ", error code " + errorCode();
        String kind = hasBody && body.isMissingNode() ? ", and a body that is not JSON" : "";
        return path + ": the registry answered with status " + status + code + kind + hint();
    }

    private String hint() {
        if (status == 401 || status == 403) {
            return " (credentials are missing or wrong, or do not suffice)";
        }
        return status == 404 && errorCode() == 0 ? ": is this the registry's URL?" : "";
    }

    private int errorCode() {
        return body.path("error_code").asInt(0);
    }
}
