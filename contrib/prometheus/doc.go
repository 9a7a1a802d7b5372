// Package prometheus exposes the metrics of a graceful application to Prometheus:
// its state, the reloads of its configuration, the work of its servers, how long
// each step of start and stop took.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		prometheus.Module, // TODO_METRICS_ADDR=:9464
//	)
//
// With metrics.addr set, they are served at /metrics on a separate port, from the
// first phase of the start to the last of the stop: a scrape during a drain is
// answered although the application's own port is closed already. After an upgrade
// the new generation answers. [Mount] puts them on a route of the application's own
// server instead, or as well.
//
// The port has TLS and users if metrics.web_config_file names a file in the format
// of Prometheus' exporter-toolkit, which is read again when it changes. A program
// that ends before it is scraped, such as a batch job, pushes its metrics to the
// Pushgateway of metrics.push.url in the phase Final of its stop.
//
// Two applications in one registry need metrics.app_label, or different prefixes:
// otherwise the second is refused, since each scrape would lose its metrics. An
// application unregisters its metrics when it has ended.
//
// alerts.yaml, and dashboard.json for Grafana with a picture, dashboard.svg, are
// beside this package.
//
// # Names
//
// All begin with metrics.prefix, by default graceful. Metrics that parts of the
// program report with app.Wiring.AddMetrics, and those of the configuration, are
// taken as they are; besides:
//
//	build_info{version,revision,goversion}
//	    1
//	generation
//	    processes that passed their sockets on, this one included
//	state{state}
//	    1 for the state of the process: starting, ready, draining, ...
//	phase{phase}
//	    1 for the phase of the plan that runs: bind, ..., running, ..., final
//	ready
//	    what /readyz says
//	start_duration_seconds{phase,step}
//	    each function of the start
//	shutdown_duration_seconds{phase,step}
//	    each function of the stop
//	stop_deadline_timestamp_seconds
//	    when the stop must be over; only while one is under way
//	stop_results{step,result}
//	    what a function of the stop counted: drained, cut, ...
//	commands_total{command,outcome}
//	    reload, upgrade and others
//	upgrades_total{result}
//	    ok, failed, rolled_back (the successor was ready), refused
//	upgrade_last_duration_seconds
//	    how long the last one took
//	task_failures_total{task}
//	    background tasks that failed
//	task_restarts_total{task}
//	    and were started again
//	notes_total{level}
//	    lines of the log for the operator, by level
//	log_lines_lost_total
//	    lines of the log that could not be written
//	output_broken{stream}
//	    1 when nothing reads standard output or standard error any more
//	metrics_rejected
//	    metrics left out of this scrape: a bad or repeated name
//
// Of the configuration:
//
//	config_last_reload_successful
//	    1 if what is on disk was accepted
//	config_last_reload_success_timestamp_seconds
//	    when that was so for the last time
//	config_reloads_total{trigger,result}
//	    applied, unchanged, rejected, vetoed
//	config_reload_duration_seconds{phase}
//	    read, parse, ..., of the last one
//	config_info{hash,version}
//	    1; the hash is the same in all of a fleet
//	config_drift
//	    1 if what is on disk is not in force
//	config_restart_pending
//	    settings that wait for a restart
//	config_subscriber_veto_total{name}
//	    the subscriber that refused a change
//	config_watch_mode{mode}
//	    1; how changes of files are noticed
//
// Of each HTTP server:
//
//	http_request_duration_seconds{route,method,code}
//	    a histogram, of all servers together: the pattern of the route, or
//	    unmatched; the method, or other; 2xx, 3xx, ...; for HTTP/2, too, each
//	    request
//	http_requests_in_flight{server}
//	http_requests_total{server}
//	    for HTTP/2, each stream
//	http_requests_aborted_total{server,reason}
//	    connections cut: drain_deadline, stalled
//	http_connections{server,state}
//	    new, active, idle, hijacked, moving
//	http_kept_moved_total{server}, http_kept_stayed_total{server,reason}
//	    connections whose handler ran (httpserver.Keep), in an upgrade
//	http_kept_resumed_total{server}, http_kept_longest_pause_seconds{server}
//	    those that have come from the predecessor
//	http_oldest_request_seconds{server}
//	http_panics_total{server}
//	http_certificate_end_seconds{server}
//
// Counters begin anew with each generation, which rate and increase handle. What a
// stop counts can only be scraped while the process still lives; a cut connection
// is in the log as well.
//
// # If you see
//
//   - "*prometheus.Registry ... already provided": the application has its own.
//     Give it as fx.Replace(registry) instead of fx.Provide.
//   - nothing on metrics.addr: it is empty by default, since a port that reveals
//     much about a process should be opened on purpose.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#metrics-and-traces
package prometheus
