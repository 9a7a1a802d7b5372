package config

const composeText = `x-common: &common
  restart: always
  environment: &env
    LOG: debug
    TOKEN: none
name: shop
services:
  web-1:
    <<: *common
    image: shop:1.10
    command: ["serve", "--port=80"]
    ports: ["80:80", "443:443"]
    depends_on: {db: {condition: service_healthy}}
    environment: {<<: *env, MODE: "0755"}
    deploy:
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 512M}}
  db:
    image: postgres:17
    healthcheck:
      test: [CMD, pg_isready]
      interval: 10s
      retries: 3
volumes:
  data:
networks:
  back:
    external: false
    ipam: {config: [{subnet: 10.1.0.0/16}]}
`

const collectorText = `receivers:
  otlp:
    protocols:
      grpc: {}
      http:
        endpoint: 0.0.0.0:4318
        max_recv_msg_size_mib: 16MiB
        include_metadata: true
exporters:
  debug: {}
  otlp/backup:
    endpoint: backup:4317
    headers: {x-key: k1}
    tls: {insecure: true}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debug, otlp/backup]}
`

const alertmanagerText = `global:
  smtp_smarthost: mail:25
  resolve_timeout: 5m
route:
  receiver: default
  group_by: [alertname, cluster]
  group_wait: 30s
  routes:
    - receiver: team
      matchers: ['team="a"']
      routes:
        - receiver: pager
          matchers: ['severity=~"critical|page"']
          continue: true
receivers:
  - name: default
  - name: pager
    webhook_configs:
      - url: https://hooks.example.com/a?b=c
        send_resolved: false
`

const prometheusText = `global:
  scrape_interval: 15s
  evaluation_interval: 1m
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: node
    static_configs:
      - targets: [a:9100, b:9100]
        labels: {env: "007"}
  - job_name: app
    honor_labels: true
    scrape_interval: 5s
    relabel_configs:
      - source_labels: [__address__]
        action: keep
        regex: (.*):80
storage:
  tsdb: {retention_time: 15d}
`

const lokiText = `auth_enabled: false
server:
  http_listen_port: 3100
schema_config:
  configs:
    - from: 2024-04-01
      store: tsdb
      schema: v13
      index: {prefix: index_, period: 24h}
limits_config:
  retention_period: 2w
  ingestion_rate_mb: 4
overrides:
  29: {retention_period: 31d}
`

const helmText = `replicaCount: 2
image:
  repository: example/shop
  tag: "1.10"
  pullPolicy: IfNotPresent
service: {type: ClusterIP, port: 80}
resources:
  limits: {cpu: 500m, memory: 128Mi}
  requests: {}
nodeSelector: {kubernetes.io/os: linux}
tolerations:
  - {key: dedicated, operator: Equal, value: web, effect: NoSchedule}
ingress:
  enabled: true
  hosts:
    - host: shop.example.com
      paths: [{path: /, pathType: Prefix}]
`

const giteaText = `APP_NAME = "Git"
RUN_MODE = "prod"
STARTED = 2026-01-02

[server]
HTTP_PORT = 3000
ROOT_URL = "https://git.example.com/"

[database]
DB_TYPE = "postgres"

[cron]
SCHEDULE = "@midnight"
`
