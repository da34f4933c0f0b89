package dev.pipelinetracker.wire;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Remembers what a registry said of ids: schemas for good, unknown ids for a while. Threads that want the same id share one answer. */
final class SchemasById {
    private static final Logger log = LoggerFactory.getLogger(SchemasById.class);

    /** So that a flood of one bad id does not make its neighbours wait for lookups. */
    private static final Duration UNKNOWN_FOR = Duration.ofSeconds(30);

    /** So many unknown ids within that time are junk, not schemas on their way: each is then asked for once. */
    private static final int FLOOD = 10;

    private final SchemaFetch fetch;
    private final Duration unknownFor;
    private final ConcurrentHashMap<Integer, Schema> known = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Unknown> unknown = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, CompletableFuture<Schema>> underWay = new ConcurrentHashMap<>();

    SchemasById(SchemaFetch fetch) {
        this(fetch, UNKNOWN_FOR);
    }

    /** With another time for which unknown ids are remembered. */
    SchemasById(SchemaFetch fetch, Duration unknownFor) {
        this.fetch = fetch;
        this.unknownFor = unknownFor;
    }

    /** See {@link SchemaRegistry#byId}. */
    Schema get(int id) throws UnknownSchemaException {
        Schema schema = known.get(id);
        if (schema != null) {
            return schema;
        }
        Unknown remembered = unknown.get(id);
        if (remembered != null && !remembered.isOver()) {
            throw remembered.verdict();
        }
        CompletableFuture<Schema> mine = new CompletableFuture<>();
        CompletableFuture<Schema> others = underWay.putIfAbsent(id, mine);
        return others != null ? await(id, others) : fetch(id, mine);
    }

    private Schema fetch(int id, CompletableFuture<Schema> answer) throws UnknownSchemaException {
        // Before they are counted: a flood that is over must not cost the next schema on its way its lookups.
        unknown.values().removeIf(Unknown::isOver);
        try {
            Schema fetched = fetch.fetch(id, unknown.size() < FLOOD);
            log.info("Schema id {} is {}", id, fetched.getFullName());
            known.put(id, fetched);
            answer.complete(fetched);
            return fetched;
        } catch (UnknownSchemaException e) {
            unknown.put(id, new Unknown(e, System.nanoTime() + unknownFor.toNanos()));
            answer.completeExceptionally(e);
            throw e;
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
            throw e;
        } finally {
            underWay.remove(id);
        }
    }

    private static Schema await(int id, CompletableFuture<Schema> answer) throws UnknownSchemaException {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("schema id " + id + ": interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownSchemaException verdict) {
                throw verdict;
            }
            if (e.getCause() instanceof RegistryUnavailableException unavailable) {
                throw unavailable;
            }
            throw new RegistryUnavailableException(
                    "schema id " + id + ": the registry could not be asked", e.getCause());
        }
    }

    /** @param until by {@link System#nanoTime} */
    private record Unknown(UnknownSchemaException verdict, long until) {
        boolean isOver() {
            return System.nanoTime() - until >= 0;
        }
    }
}
