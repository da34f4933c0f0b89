package dev.pipelinetracker;

import dev.pipelinetracker.deadletters.LetterBox;
import dev.pipelinetracker.deadletters.Place;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dead-letters show}. */
@Command(
        name = "show",
        description = "Shows one dead letter.",
        footer = {
            "",
            RequiredSettings.OF_ENGINE,
            RequiredSettings.HOW_GIVEN,
            "",
            "Example:",
            "  dead-letters show --feed pipeline-runs 0@15 --payload"
        },
        mixinStandardHelpOptions = true)
final class DeadLetterShow extends OperatorCommand<LetterBox> {

    @Mixin
    private FeedOption feed = new FeedOption();

    @Parameters(paramLabel = "PARTITION@OFFSET", description = "As `list` shows it, such as 0@15.")
    private String letter = "";

    @Option(names = "--payload", description = "Also show the event and foreign headers, as the publisher wrote them.")
    private boolean payload;

    DeadLetterShow() {
        super(LetterBox.class);
    }

    @Override
    Task<LetterBox> task() {
        Place place = Place.parse(letter);
        return (letters, operator, stop) -> {
            letters.show(feed.name(), place, payload, operator);
            return true;
        };
    }
}
