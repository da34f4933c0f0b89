package dev.pipelinetracker.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A list whose every item keeps a rule; an item is never null. */
record ArrayRule(ValueRule item) implements ValueRule {
    @Override
    public void check(String field, Object value) throws InvalidEventException {
        if (!(value instanceof List<?> items)) {
            throw new InvalidEventException(field, "must be an array");
        }
        for (int i = 0; i < items.size(); i++) {
            checkItem(field, i, items.get(i));
        }
    }

    private void checkItem(String field, int index, @Nullable Object value) throws InvalidEventException {
        if (value == null) {
            throw new InvalidEventException(nameOf(field, index), "must not be null");
        }
        try {
            item.check(field, value);
        } catch (InvalidEventException e) {
            throw new InvalidEventException(nameOf(field, index), e.rule());
        }
    }

    private static String nameOf(String field, int index) {
        return field + "[" + index + "]";
    }
}
