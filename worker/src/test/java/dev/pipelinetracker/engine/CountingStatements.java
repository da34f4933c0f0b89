package dev.pipelinetracker.engine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** A real data source that counts the statements prepared on its connections. */
final class CountingStatements {

    private final DataSource real;
    private final AtomicInteger statements = new AtomicInteger();

    CountingStatements(DataSource real) {
        this.real = real;
    }

    int statements() {
        return statements.get();
    }

    DataSource dataSource() {
        return new AbstractDataSource() {
            @Override
            public Connection getConnection() throws java.sql.SQLException {
                return counting(real.getConnection());
            }

            @Override
            public Connection getConnection(String user, String password) throws java.sql.SQLException {
                return counting(real.getConnection(user, password));
            }
        };
    }

    private Connection counting(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                CountingStatements.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                    if (method.getName().equals("prepareStatement")) {
                        statements.incrementAndGet();
                    }
                    try {
                        return method.invoke(connection, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }
}
