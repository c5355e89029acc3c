{{/*
What scales a role: what waits for it. For agents and coordinators that is their consumer on the bus, whose measure counts what is
in hand too: with the slots as threshold, work keeps its Pods. For learners it is their group's lag on Kafka.
*/}}
{{- define "galley.trigger" -}}
{{- if eq .role.type "learner" -}}
{{- include "galley.trigger.kafka" . -}}
{{- else -}}
{{- include "galley.trigger.nats" . -}}
{{- end -}}
{{- end -}}

{{- define "galley.trigger.nats" -}}
{{- $monitor := urlParse .root.Values.nats.monitor -}}
{{- $keda := .role.autoscaling.keda -}}
{{- $coordinator := eq .role.type "coordinator" -}}
- type: nats-jetstream
  metadata:
    natsServerMonitoringEndpoint: {{ $monitor.host | quote }}
    useHttps: {{ eq $monitor.scheme "https" | quote }}
    account: {{ .root.Values.nats.account | quote }}
    stream: {{ ternary "GALLEY_IN" "GALLEY_TASK" $coordinator }}
    consumer: {{ ternary "coordinators" (printf "agent_%s" .role.kind) $coordinator }}
    lagThreshold: {{ $keda.lagThreshold | default (ternary 64 .role.slots $coordinator) | toString | quote }}
    activationLagThreshold: {{ $keda.activationLagThreshold | toString | quote }}
{{- end -}}

{{- define "galley.trigger.kafka" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $keda := .role.autoscaling.keda -}}
- type: kafka
  metadata:
    bootstrapServers: {{ $kafka.brokers | quote }}
    consumerGroup: {{ $kafka.group | quote }}
    topic: {{ $kafka.topic | quote }}
    lagThreshold: {{ $keda.lagThreshold | default 1000 | toString | quote }}
    activationLagThreshold: {{ $keda.activationLagThreshold | toString | quote }}
    offsetResetPolicy: earliest
    {{- if ne $kafka.sasl.mechanism "none" }}
    sasl: {{ dict "scram-sha-512" "scram_sha512" "scram-sha-256" "scram_sha256" "plain" "plaintext" | dig $kafka.sasl.mechanism "" | quote }}
    {{- end }}
    {{- if $kafka.tls.enabled }}
    tls: enable
    {{- end }}
  {{- with $keda.authenticationRef }}
  authenticationRef:
    name: {{ . }}
  {{- end }}
{{- end -}}
