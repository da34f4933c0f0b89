package dev.pipelinetracker.bench;

import dev.pipelinetracker.engine.Feed;
import java.util.ArrayList;
import java.util.List;

/** {@code mvn -Pbench verify}. */
final class Bench {

    private Bench() {}

    /** Its argument is {@code full}, {@code quick}, or the name of a part. */
    public static void main(String... args) {
        Scale scale = args[0].equals("quick") ? Scale.QUICK : Scale.FULL;
        Backlogs backlogs = new Backlogs(42);
        try (Stage stage = new Stage(backlogs.organizations())) {
            Drain drain = new Drain(stage);
            stage.createTopic("w");
            stage.createTopic("c");
            stage.createTopic("n");
            Feeds feeds = new Feeds(stage.dataSource());
            Feed<?, ?> feed = feeds.named("pipeline-runs");
            List<Peer> peers = new ArrayList<>();
            peers.add(new WorkerPeer(stage, "pipeline-runs", "w", List.of("-Xmx300m"), List.of()));
            peers.add(new ConnectPeer(stage, "pipeline-runs", "c", 3));
            peers.add(new NaivePeer(stage, "pipeline-runs", "n"));
            for (Peer peer : peers) {
                drain.warmUp(
                        peer, backlogs.runs(peer instanceof NaivePeer ? scale.naiveEvents() : scale.warmUpEvents()));
            }
            List<RawCeiling> raws =
                    List.of(new RawCeiling(stage, 1), new RawCeiling(stage, 2), new RawCeiling(stage, 3));
            for (int round = 1; round <= scale.rounds(); round++) {
                for (RawCeiling raw : raws) {
                    System.out.println(raw.first("runs", feed, backlogs.runs(scale.runEvents()), round));
                }
                for (Peer peer : peers) {
                    Measured m = drain.first(
                            "runs",
                            peer,
                            backlogs.runs(peer instanceof NaivePeer ? scale.naiveEvents() : scale.runEvents()),
                            round);
                    System.out.println(m.rate() + " " + m);
                }
            }
            raws.forEach(RawCeiling::close);
            peers.forEach(Peer::close);
        }
        System.exit(0);
    }
}
