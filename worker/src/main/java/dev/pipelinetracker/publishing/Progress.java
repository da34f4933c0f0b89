package dev.pipelinetracker.publishing;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How many lines have been read, shown on standard error. */
interface Progress extends AutoCloseable {

    /** Shows nothing. */
    Progress HIDDEN = new Progress() {
        @Override
        public void step() {}

        @Override
        public void close() {}
    };

    /** One more line. */
    void step();

    /** Ends the display; does nothing the second time. */
    @Override
    void close();

    /** Shown at once. */
    static Progress shown() {
        // The width is told, not asked for: asking starts a terminal library that warns on newer JDKs.
        int width = 78;
        ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("publish")
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" lines", 1)
                .showSpeed()
                .setMaxRenderedLength(width)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, width))
                .build();
        return new Progress() {
            @Override
            public void step() {
                var unused = bar.step();
            }

            @Override
            public void close() {
                bar.close();
            }
        };
    }
}
