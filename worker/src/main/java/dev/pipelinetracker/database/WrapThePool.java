package dev.pipelinetracker.database;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.stereotype.Component;

/** Everybody who asks the pool for a connection does it by way of {@link OneCallerWaits}. */
@Component
final class WrapThePool implements BeanPostProcessor {

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        return bean instanceof HikariDataSource pool ? new OneCallerWaits(pool) : bean;
    }
}
