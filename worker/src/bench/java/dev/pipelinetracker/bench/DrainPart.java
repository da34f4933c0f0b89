package dev.pipelinetracker.bench;

import dev.pipelinetracker.engine.Feed;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Drains of one feed's backlog: the peers in turn, all warm, round by round; and the same events once more. */
final class DrainPart implements Part {

    /** What the worker is started with, and no more. */
    static final String HEAP = "-Xmx300m";

    private static final int CONNECT_TASKS = 3;

    private final String feed;

    DrainPart(String feed) {
        this.feed = feed;
    }

    /** The name of a load of that feed's events. */
    static String load(String feed) {
        return feed.equals("pipeline-runs") ? "runs" : "2 KB charts";
    }

    @Override
    public void run(Context context) {
        Stage stage = context.stage();
        Drain drain = new Drain(stage);
        Feed<?, ?> statements = new Feeds(stage.dataSource()).named(feed);
        // one connection keeps one core busy, and was never the best
        List<RawCeiling> raws = IntStream.of(2, 3)
                .mapToObj(connections -> new RawCeiling(stage, connections))
                .toList();
        List<Peer> peers = new ArrayList<>();
        try {
            peers.add(new WorkerPeer(stage, feed, topic(stage, "worker"), List.of(HEAP), List.of()));
            peers.add(new ConnectPeer(stage, feed, topic(stage, "sink"), CONNECT_TASKS));
            peers.add(new NaivePeer(stage, feed, topic(stage, "naive")));
            for (Peer peer : peers) {
                context.report().environment().put(peer.name() + ", " + load(feed), peer.settings());
                drain.warmUp(peer, backlog(context, peer, context.scale().warmUpEvents()));
            }
            for (int round = 1; round <= context.scale().rounds(); round++) {
                for (int i = 0; i < peers.size(); i++) {
                    // a ceiling before each of the first peers: the machine's speed changes while all of them have
                    // their turns
                    if (i < raws.size()) {
                        Backlog backlog = backlog(context, peers.get(0), events(context));
                        context.report().add(raws.get(i).first(load(feed), statements, backlog, round));
                    }
                    round(context, drain, peers.get(i), round);
                }
            }
        } finally {
            raws.forEach(RawCeiling::close);
            peers.forEach(Peer::close);
            peers.forEach(peer -> stage.deleteTopic(peer.topic()));
        }
    }

    private void round(Context context, Drain drain, Peer peer, int round) {
        Backlog backlog = backlog(context, peer, events(context));
        context.report().add(drain.first(load(feed), peer, backlog, round));
        if (peer instanceof NaivePeer) {
            return;
        }
        long idsBefore = context.stage().lastId(Drain.table(backlog));
        String again = load(feed) + " again";
        context.report().add(drain.beside(again, peer, backlog, round));
        if (peer instanceof WorkerPeer) {
            long ids = context.stage().lastId(Drain.table(backlog)) - idsBefore;
            context.report().add(again, "sequence values used", (double) ids, "");
        }
    }

    private int events(Context context) {
        return feed.equals("pipeline-runs")
                ? context.scale().runEvents()
                : context.scale().chartEvents();
    }

    private Backlog backlog(Context context, Peer peer, int wanted) {
        int events = peer instanceof NaivePeer ? context.scale().naiveEvents() : Math.min(wanted, events(context));
        return feed.equals("pipeline-runs")
                ? context.backlogs().runs(events)
                : context.backlogs().charts(events);
    }

    private String topic(Stage stage, String peer) {
        String name = "bench." + feed + "." + peer;
        stage.createTopic(name);
        return name;
    }
}
