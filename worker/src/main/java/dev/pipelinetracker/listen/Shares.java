package dev.pipelinetracker.listen;

import dev.pipelinetracker.listen.Places.Hand;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What of a polled batch is processed together, one share after the other. */
final class Shares {

    // bytes; what is processed together is there three times: as polled, as events, and as the statement's parameters
    private static final long LARGEST_SHARE = 16L << 20;

    private Shares() {}

    /**
     * Without what is durable already, in shares of no more than the partitions' limits and of 16 MiB; what is slow by
     * itself comes last, alone.
     */
    static List<List<ConsumerRecord<byte[], byte[]>>> of(List<Hand> batch) {
        List<ConsumerRecord<byte[], byte[]>> open = new ArrayList<>();
        // who was tried last is tried last: one that stays slow must not starve the next
        SortedMap<Long, List<ConsumerRecord<byte[], byte[]>>> alone = new TreeMap<>();
        int limit = Place.WHOLE;
        for (Hand hand : batch) {
            Place place = hand.place();
            if (place != null) {
                limit = Math.min(limit, place.limit());
            }
            if (place == null || place.isWhole()) {
                open.addAll(hand.records());
                continue;
            }
            for (ConsumerRecord<byte[], byte[]> each : hand.records()) {
                Long slow = place.slowAt(each.offset());
                if (slow != null) {
                    alone.put(slow, List.of(each));
                } else if (!place.isSettled(each.offset())) {
                    open.add(each);
                }
            }
        }
        List<List<ConsumerRecord<byte[], byte[]>>> shares = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < open.size(); i++) {
            int size = bytes(open.get(i));
            if (i > from && (i - from == limit || bytes + size > LARGEST_SHARE)) {
                shares.add(open.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (from < open.size()) {
            shares.add(open.subList(from, open.size()));
        }
        shares.addAll(alone.values());
        return shares;
    }

    private static int bytes(ConsumerRecord<byte[], byte[]> each) {
        byte[] value = each.value();
        return value == null ? 0 : value.length;
    }
}
