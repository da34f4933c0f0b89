package dev.pipelinetracker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectRuleTest {
    private static final String ONE_OBJECT = "must be one JSON object (RFC 8259) with distinct names";
    private static final String NUMBERS =
            "must have numbers of at most 131072 digits before and 16383 after the decimal point";

    private final JsonObjectRule rule = new JsonObjectRule(new TextRule(0, TextRule.MAX_CODE_POINTS));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                " \t\r\n{ } \n",
                "{\"a\":1,\"b\":[true,false,null,-0,0.5,1E+2,\"x\"],\"c\":{\"a\":{}}}",
                "{\"a\":{\"x\":1},\"b\":{\"x\":1}}",
                "{\"a\":\"\\uD83D\\uDE00 😀 \\u00e9 \\\\u0000 \\\" \\/ \\b\\f\\n\\r\\t\"}",
                "{\"\\uD83D\\uDE00\":1,\"\":2}",
                "{\"a\":\"\\uFFFD\\uFFFF\\u0001\u007F\u2028\"}",
                "{\"a\":1,\"A\":2,\"\\u0061b\":3}"
            })
    void one_json_object_passes(String text) throws Exception {
        rule.check("f", text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "1",
                "\"a\"",
                "[]",
                "[{}]",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,}",
                "{\"a\":1 \"b\":2}",
                "{,}",
                "{a:1}",
                "{'a':1}",
                "{1:1}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":.5}",
                "{\"a\":5.}",
                "{\"a\":1e}",
                "{\"a\":-}",
                "{\"a\":0x1}",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":-Infinity}",
                "{\"a\":nul}",
                "{\"a\":truex}",
                "{\"a\":True}",
                "{\"a\":[1,]}",
                "{\"a\":[1}",
                "{\"a\":1]",
                "{\"a\":\"tab\tin it\"}",
                "{\"a\":\"line\nin it\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":\"open}",
                "{} {}",
                "{}x",
                "{}]",
                "{},",
                "{}null",
                "{} // comment",
                "/* comment */ {}",
                "{\"a\":1 # comment\n}",
                "\uFEFF{}",
                "\u00A0{}",
                "{\"a\":\f1}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1,\"b\":2,\"c\":3,\"\\u0061\":4}",
                "{\"x\":[{\"a\":1,\"a\":1}]}"
            })
    void anything_else_is_invalid(String text) {
        assertInvalid(text, ONE_OBJECT);
    }

    @Test
    void nul_and_half_a_pair_are_invalid_in_strings_and_names_escaped_or_not() {
        for (String nul : new String[] {"{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "{\"a\":[\"b\\u0000c\"]}"}) {
            assertInvalid(nul, "must not contain NUL (\\u0000)");
        }
        assertInvalid("{\"a\":\"\0\"}", "must not contain NUL (U+0000)");
        for (String half : new String[] {
            "\\uD83D", "\\uDE00", "\\uDE00\\uD83D", "\\uD83Dx", "\\uD83D\\uD83D\\uDE00", "\\ud83d\\u0041", "\uD83D"
        }) {
            assertInvalid("{\"a\":\"" + half + "\"}", "must not contain half of a surrogate pair");
            assertInvalid("{\"" + half + "\":1}", "must not contain half of a surrogate pair");
        }
    }

    @Test
    void nesting_is_bounded() throws Exception {
        rule.check("f", nested(500));
        assertInvalid(nested(501), "must not nest deeper than 500 levels");
        assertInvalid("{\"a\":" + "[".repeat(2_000_000), "must not nest deeper than 500 levels");
    }

    private static String nested(int levels) {
        return "{\"a\":" + "[".repeat(levels - 1) + "]".repeat(levels - 1) + "}";
    }

    @Test
    void numbers_fit_what_jsonb_can_hold() throws Exception {
        for (String fits : new String[] {
            "9".repeat(131_072),
            "-" + "9".repeat(131_072),
            "0." + "9".repeat(16_383),
            "9".repeat(131_072) + "." + "9".repeat(16_383),
            "1e131071",
            "0.001e131074",
            "1E+131071",
            "-1e-16383",
            "0e400000",
            "1.5e-16382",
            "1000e131068",
            "1e0000000000000000000005"
        }) {
            rule.check("f", "{\"a\":" + fits + "}");
        }
        for (String misfit : new String[] {
            "9".repeat(131_073),
            "-1" + "0".repeat(131_072),
            "0." + "9".repeat(16_384),
            "0." + "0".repeat(16_384),
            "1e131072",
            "0.001e131075",
            "1e-16384",
            "0e-16384",
            "1.5e-16383",
            "1e400000",
            "1e99999999999999999999999999",
            "1e-99999999999999999999999999",
            "0e99999999999999999999999999"
        }) {
            assertInvalid("{\"a\":[" + misfit + "]}", NUMBERS);
        }
    }

    @Test
    void a_text_as_long_as_it_may_be_is_checked_in_bounded_time() throws Exception {
        String longest = "{\"a\":\"" + "x".repeat(TextRule.MAX_CODE_POINTS - 8) + "\"}";
        rule.check("f", longest);
        assertInvalid(longest + " ", "must have at most 4194304 characters");
        rule.check("f", "{\"" + "x".repeat(TextRule.MAX_CODE_POINTS - 7) + "\":1}");
        rule.check("f", "{\"a\":[" + "1,".repeat(2_000_000) + "1]}");
        assertInvalid("{\"a\":" + "1".repeat(4_000_000) + "}", NUMBERS);
    }

    @Test
    void many_names_are_told_apart_in_bounded_time_even_when_their_hashes_are_equal() throws Exception {
        // "Aa" and "BB" have equal hash codes, and so has every sequence of them.
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < 1 << 16; i++) {
            text.append(i == 0 ? "\"" : ",\"");
            for (int bit = 0; bit < 16; bit++) {
                text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            text.append("\":0");
        }
        rule.check("f", text + "}");
        assertInvalid(text + ",\"" + "Aa".repeat(16) + "\":0}", ONE_OBJECT);
    }

    private void assertInvalid(String text, String expected) {
        assertThatThrownBy(() -> rule.check("f", text))
                .isInstanceOf(InvalidEventException.class)
                .satisfies(refusal -> assertThat(((InvalidEventException) refusal).rule())
                        .as(text.substring(0, Math.min(80, text.length())))
                        .isEqualTo(expected));
    }
}
