package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.SourceInsight;
import dev.pipelinetracker.events.Visualization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostileBytesTest {
    private final FakeRegistry registry = new FakeRegistry();
    private final SchemaRegistry client = registry.client();

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void mutated_payloads_give_an_event_or_are_unreadable_and_nothing_else() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int unreadable = 0;
        unreadable += countUnreadable(PipelineRun.class, Samples.run(), seed, random);
        unreadable += countUnreadable(SourceInsight.class, Samples.insight(), seed, random);
        unreadable += countUnreadable(Visualization.class, Samples.visualization(), seed, random);
        assertThat(unreadable).as("seed %d", seed).isBetween(2_000, 30_000);
    }

    private <E extends SpecificRecord> int countUnreadable(Class<E> type, E event, long seed, Random random) {
        int id = client.register(type.getSimpleName(), EventSchemas.avsc(type));
        byte[] good = new EventEncoder<>(type, id).encode(event);
        EventDecoder<E> decoder = new EventDecoder<>(type, client);
        EventRules rules = EventRules.of(event.getSchema());
        int unreadable = 0;
        for (int i = 0; i < 10_000; i++) {
            byte[] mutant = mutate(good, random);
            try {
                rules.check(decoder.decode(mutant));
            } catch (UnreadableEventException e) {
                unreadable++;
            } catch (InvalidEventException e) {
                // read, and refused: fine
            } catch (Throwable e) {
                fail("seed " + seed + ", " + type.getSimpleName() + " mutant " + i, e);
            }
        }
        return unreadable;
    }

    /** Past the header, whose own mutations only ask the registry for strange ids. */
    private static byte[] mutate(byte[] good, Random random) {
        byte[] mutant = good.clone();
        int changes = 1 + random.nextInt(4);
        for (int c = 0; c < changes; c++) {
            int at = WireFormat.HEADER_LENGTH + random.nextInt(mutant.length - WireFormat.HEADER_LENGTH);
            switch (random.nextInt(4)) {
                case 0 -> mutant[at] = (byte) random.nextInt(256);
                case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> Arrays.fill(mutant, at, Math.min(mutant.length, at + 9), (byte) 0xFF);
                default -> mutant = Arrays.copyOf(mutant, Math.max(at, WireFormat.HEADER_LENGTH + 1));
            }
        }
        return mutant;
    }

    @Test
    void a_length_that_lies_costs_next_to_no_heap() throws Exception {
        int id = client.register("insights", EventSchemas.avsc(SourceInsight.class));
        EventDecoder<SourceInsight> decoder = new EventDecoder<>(SourceInsight.class, client);
        decoder.decode(new EventEncoder<>(SourceInsight.class, id).encode(Samples.insight()));
        for (long lie : new long[] {
            100_000, 1_000_000, 1L << 24, Integer.MAX_VALUE - 8, Integer.MAX_VALUE, 1L << 40, Long.MAX_VALUE, -1
        }) {
            byte[] string = payload(id, out -> out.writeLong(lie));
            byte[] array = payload(id, out -> {
                insightUpToItems(out);
                out.writeLong(lie);
            });
            byte[] block = payload(id, out -> {
                insightUpToItems(out);
                out.writeLong(-lie);
                out.writeLong(lie);
            });
            for (byte[] bomb : new byte[][] {string, array, block}) {
                assertThat(allocatedByRefusing(decoder, bomb))
                        .as("length %d", lie)
                        .isLessThan(100_000);
            }
        }
    }

    @Test
    void an_array_of_millions_of_empty_items_is_unreadable_before_it_is_read() throws Exception {
        int id = client.register("insights", EventSchemas.avsc(SourceInsight.class));
        EventDecoder<SourceInsight> decoder = new EventDecoder<>(SourceInsight.class, client);
        int items = AvroLimits.MAX_ITEMS + 1;
        byte[] bomb = payload(id, out -> {
            insightUpToItems(out);
            out.writeLong(items);
            for (int i = 0; i < items; i++) {
                out.writeLong(0);
            }
        });
        assertThat(allocatedByRefusing(decoder, bomb)).isLessThan(100_000);
        assertThatThrownBy(() -> decoder.decode(bomb)).hasMessageContaining("SystemLimitException");
    }

    @Test
    void items_that_take_no_bytes_in_a_field_of_the_writer_alone_are_not_counted_for_ever() throws Exception {
        Schema writer = withExtraField("{'type':'array','items':'null'}");
        EventDecoder<PipelineRun> decoder = new EventDecoder<>(PipelineRun.class, client);
        byte[] bomb = payload(registry.add(writer), out -> out.writeLong(Long.MAX_VALUE));
        assertThatThrownBy(() -> decoder.decode(bomb)).isInstanceOf(UnreadableEventException.class);
    }

    @Test
    void recursion_ends_in_a_verdict_and_the_thread_goes_on() throws Exception {
        Schema writer =
                withExtraField("{'type':'record','name':'Node','fields':[{'name':'next','type':['null','Node']}]}");
        int id = registry.add(writer);
        EventDecoder<PipelineRun> decoder = new EventDecoder<>(PipelineRun.class, client);
        byte[] bomb = payload(id, out -> {
            for (int i = 0; i < 5_000_000; i++) {
                out.writeIndex(1);
            }
        });
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> decoder.decode(bomb))
                    .isInstanceOf(UnreadableEventException.class)
                    .hasMessageContaining("StackOverflowError");
        }
        int good = client.register("runs", EventSchemas.avsc(PipelineRun.class));
        assertThat(decoder.decode(new EventEncoder<>(PipelineRun.class, good).encode(Samples.run())))
                .isEqualTo(Samples.run());
    }

    @Test
    void a_record_that_contains_itself_is_unreadable() {
        Schema writer = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"PipelineRun\",\"namespace\":\"dev.pipelinetracker.events\","
                        + "\"fields\":[{\"name\":\"self\",\"type\":\"PipelineRun\"}]}");
        EventDecoder<PipelineRun> decoder = new EventDecoder<>(PipelineRun.class, client);
        byte[] payload = WireFormat.frame(registry.add(writer), new byte[10]);
        assertThatThrownBy(() -> decoder.decode(payload)).isInstanceOf(UnreadableEventException.class);
    }

    @Test
    void no_message_quotes_the_payload() throws Exception {
        int id = client.register("runs", EventSchemas.avsc(PipelineRun.class));
        EventDecoder<PipelineRun> decoder = new EventDecoder<>(PipelineRun.class, client);
        byte[] payload = payload(id, out -> {
            out.writeString("SECRET-SECRET");
            out.writeString("SECRET-SECRET");
            out.writeString("SECRET-SECRET");
        });
        assertThatThrownBy(() -> decoder.decode(payload))
                .isInstanceOf(UnreadableEventException.class)
                .hasMessageNotContaining("SECRET")
                .hasNoCause();
    }

    private static void insightUpToItems(BinaryEncoder out) throws IOException {
        out.writeString(Samples.ORG.toString());
        out.writeString("orders");
        out.writeIndex(0);
        out.writeIndex(0);
        out.writeIndex(0);
    }

    /** Our own fields, after one that only the writer knows. */
    private static Schema withExtraField(String type) {
        String avsc = EventSchemas.avsc(PipelineRun.class)
                .replaceFirst(
                        "\"fields\": \\[",
                        "\"fields\": [{\"name\": \"extra\", \"type\": " + type.replace('\'', '"') + "},");
        return new Schema.Parser().parse(avsc);
    }

    private static byte[] payload(int id, Avro avro) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder out = EncoderFactory.get().binaryEncoder(bytes, null);
        avro.writeTo(out);
        out.flush();
        return WireFormat.frame(id, bytes.toByteArray());
    }

    /** The second time: the first one loads classes. */
    private static long allocatedByRefusing(EventDecoder<?> decoder, byte[] payload) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        for (int i = 0; i < 2; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            try {
                decoder.decode(payload);
                fail("a bomb was read");
            } catch (UnreadableEventException e) {
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
        }
        return allocated;
    }

    @FunctionalInterface
    private interface Avro {
        void writeTo(BinaryEncoder out) throws IOException;
    }
}
