package dev.pipelinetracker.local;

import java.util.List;

/**
 * A data source of a demo organization, with as much about its data as a believable event needs.
 *
 * @param id identifier, unique within the organization
 * @param icon an emoji
 * @param unit what one record is called, in the plural
 * @param typicalRecords how many records a run goes through, give or take
 * @param category the column that its charts group by
 * @param categories values of that column
 * @param measure the column that its charts show
 */
record DemoSource(
        String id,
        String name,
        String icon,
        String unit,
        int typicalRecords,
        String category,
        List<String> categories,
        String measure) {

    DemoSource {
        categories = List.copyOf(categories);
    }
}
