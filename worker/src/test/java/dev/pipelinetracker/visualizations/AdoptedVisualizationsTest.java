package dev.pipelinetracker.visualizations;

import dev.pipelinetracker.database.Migrations;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;

/** Where the framework's tables were adopted, the identity of a chart is an index beside the given constraint. */
class AdoptedVisualizationsTest extends VisualizationsTest {

    @Override
    protected Database newDatabase() {
        Database database = RealPostgres.frameworksDatabase();
        new Migrations(database.dataSource()).migrateOrAdopt();
        return database;
    }
}
