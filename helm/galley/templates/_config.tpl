{{/*
The configuration file of a role, with no more in it than the role needs: Kafka for who speaks to it, the model for kinds that
use one. Secrets are named by path; they are mounted, never written here.

Takes `root` and `role`: id, type, kind, model, nats, kafka, config.
*/}}
{{- define "galley.config" -}}
{{- $config := deepCopy .root.Values.config -}}
{{- $config = include "galley.over" (list $config (.role.config | default dict)) | fromYaml -}}
{{- $config = include "galley.over" (list $config (dict "nats" (include "galley.config.nats" . | fromYaml))) | fromYaml -}}
{{- if include "galley.usesKafka" . -}}
{{- $config = include "galley.over" (list $config (dict "kafka" (include "galley.config.kafka" . | fromYaml))) | fromYaml -}}
{{- end -}}
{{- if include "galley.usesModel" . -}}
{{- $config = include "galley.over" (list $config (dict "model" (include "galley.config.model" . | fromYaml))) | fromYaml -}}
{{- end -}}
{{- if include "galley.usesMemory" . -}}
{{- $config = include "galley.over" (list $config (dict "knowledge" (include "galley.config.memory" . | fromYaml))) | fromYaml -}}
{{- end -}}
{{- if and (eq .role.type "agent") (eq .role.kind "publishing") .role.persistence.enabled -}}
{{- $out := dict "agents" (dict "publishing" (dict "out" .role.persistence.mountPath)) -}}
{{- $config = include "galley.over" (list $out $config) | fromYaml -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "galley.usesModel" -}}
{{- if and .role.model .root.Values.model.url }}true{{ end -}}
{{- end -}}

{{- define "galley.usesMemory" -}}
{{- if and .role.memory (include "galley.memory" .root | fromYaml).existingSecret }}true{{ end -}}
{{- end -}}

{{/* The memory's settings; values of an earlier chart know of none. */}}
{{- define "galley.memory" -}}
{{- dig "postgres" dict (.Values.knowledge | default dict) | toYaml -}}
{{- end -}}

{{- define "galley.usesKafka" -}}
{{- if and (has .role.type (list "relay" "learner" "bootstrap")) .root.Values.kafka.brokers }}true{{ end -}}
{{- end -}}

{{- define "galley.config.nats" -}}
{{- $nats := .root.Values.nats -}}
{{- $identity := include "galley.identity" (dict "root" .root "nats" .role.nats) | fromYaml -}}
{{- $file := printf "/etc/galley/nats/%s" $identity.key -}}
name: {{ .role.id }}
servers:
  {{- toYaml $nats.servers | nindent 2 }}
replicas: {{ $nats.replicas }}
inbox_prefix: {{ $identity.inboxPrefix }}
{{- if $nats.strictDurability }}
monitor: {{ $nats.monitor }}
strict_durability: true
{{- end }}
{{- if eq $identity.method "creds" }}
credentials_file: {{ $file }}
{{- else if eq $identity.method "nkey" }}
nkey_file: {{ $file }}
{{- else if eq $identity.method "password" }}
user: {{ $identity.user | quote }}
password_file: {{ $file }}
{{- end }}
{{- if or $nats.tls.required $nats.tls.first $nats.tls.caSecret $nats.tls.clientSecret }}
tls:
  required: {{ $nats.tls.required }}
  first: {{ $nats.tls.first }}
  {{- if $nats.tls.caSecret }}
  ca_file: /etc/galley/nats-ca/ca.crt
  {{- end }}
  {{- if $nats.tls.clientSecret }}
  cert_file: /etc/galley/nats-client/tls.crt
  key_file: /etc/galley/nats-client/tls.key
  {{- end }}
{{- end }}
{{- end -}}

{{- define "galley.config.kafka" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $user := .role.kafka | default dict -}}
brokers: {{ $kafka.brokers | quote }}
topic: {{ $kafka.topic }}
group: {{ $kafka.group }}
{{- if eq .role.type "bootstrap" }}
partitions: {{ $kafka.partitions }}
replication: {{ $kafka.replication }}
in_sync_min: {{ $kafka.inSyncMin }}
retention_days: {{ $kafka.retentionDays }}
{{- end }}
{{- if $kafka.tls.enabled }}
tls:
  ca_file: {{ ternary "/etc/galley/kafka-ca/ca.crt" "null" (ne $kafka.tls.caSecret "") }}
  {{- if $user.clientSecret }}
  certificate_file: /etc/galley/kafka-client/tls.crt
  key_file: /etc/galley/kafka-client/tls.key
  {{- end }}
{{- end }}
{{- if ne $kafka.sasl.mechanism "none" }}
sasl:
  mechanism: {{ $kafka.sasl.mechanism }}
  user: {{ $user.user | quote }}
  password_file: /etc/galley/kafka/{{ $user.secretKey | default "password" }}
{{- end }}
{{- end -}}

{{- define "galley.config.model" -}}
{{- $model := .root.Values.model -}}
protocol: {{ $model.protocol }}
url: {{ $model.url }}
model: {{ $model.name }}
{{- with $model.fallbacks }}
fallbacks:
  {{- range $index, $fallback := . }}
  - {{- include "galley.config.elsewhere" (dict "is" $fallback "volume" (printf "model-%d" (add1 $index))) | nindent 4 }}
  {{- end }}
{{- end }}
{{- with $model.embeddingModel }}
embedding_model: {{ . }}
{{- end }}
{{- with $model.embedding }}
embedding:
  {{- include "galley.config.elsewhere" (dict "is" . "volume" "embedding") | nindent 2 }}
{{- end }}
{{- with $model.pace }}
{{- if or .requests .tokens }}
pace: { requests: {{ .requests | default 0 | int }}, tokens: {{ .tokens | default 0 | int }} }
{{- end }}
{{- end }}
{{- with $model.breaker }}
breaker:
  {{- range $name, $key := dict "failuresMax" "failures_max" "pauseMs" "pause_ms" "pauseMostMs" "pause_most_ms" }}
  {{- if hasKey $model.breaker $name }}
  {{ $key }}: {{ get $model.breaker $name | int }}
  {{- end }}
  {{- end }}
{{- end }}
{{- with $model.prices }}
prices:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $model.existingSecret }}
key_file: /etc/galley/model/{{ $model.secretKey }}
{{- end }}
{{- end -}}

{{/* Another model, or another server. Takes what it `is`, and the `volume` of its key. */}}
{{- define "galley.config.elsewhere" -}}
model: {{ .is.name | quote }}
{{- with .is.url }}
url: {{ . }}
{{- end }}
{{- with .is.protocol }}
protocol: {{ . }}
{{- end }}
{{- if .is.existingSecret }}
key_file: /etc/galley/{{ .volume }}/{{ .is.secretKey | default "key" }}
{{- end }}
{{- with .is.parallelMax }}
parallel_max: {{ int . }}
{{- end }}
{{- with .is.pace }}
pace: { requests: {{ .requests | default 0 | int }}, tokens: {{ .tokens | default 0 | int }} }
{{- end }}
{{- end -}}

{{- define "galley.config.memory" -}}
{{- $memory := include "galley.memory" .root | fromYaml -}}
postgres:
  url_file: /etc/galley/memory/{{ $memory.secretKey }}
  {{- if $memory.caSecret }}
  ca_file: /etc/galley/memory-ca/ca.crt
  {{- end }}
  connections_max: {{ int $memory.connectionsMax }}
{{- end -}}

{{/*
The Secrets that a role holds, as a list of name, path and what it is: `identity` on the bus and for encryption, `secret` for
what opens anything else. The rule of two counts the second.
*/}}
{{- define "galley.secrets" -}}
{{- $values := .root.Values -}}
{{- $held := list -}}
{{- $identity := include "galley.identity" (dict "root" .root "nats" .role.nats) | fromYaml -}}
{{- if ne $identity.method "none" -}}
{{- $held = append $held (dict "volume" "nats" "name" $identity.secret "path" "/etc/galley/nats" "is" "identity") -}}
{{- end -}}
{{- with $values.nats.tls.caSecret -}}
{{- $held = append $held (dict "volume" "nats-ca" "name" . "path" "/etc/galley/nats-ca" "is" "identity" "keys" (list "ca.crt")) -}}
{{- end -}}
{{- with $values.nats.tls.clientSecret -}}
{{- $held = append $held (dict "volume" "nats-client" "name" . "path" "/etc/galley/nats-client" "is" "identity" "keys" (list "tls.crt" "tls.key")) -}}
{{- end -}}
{{- if include "galley.usesKafka" . -}}
{{- $user := .role.kafka | default dict -}}
{{- if ne $values.kafka.sasl.mechanism "none" -}}
{{- $held = append $held (dict "volume" "kafka" "name" $user.existingSecret "path" "/etc/galley/kafka" "is" "identity") -}}
{{- end -}}
{{- if $values.kafka.tls.enabled -}}
{{- with $values.kafka.tls.caSecret -}}
{{- $held = append $held (dict "volume" "kafka-ca" "name" . "path" "/etc/galley/kafka-ca" "is" "identity" "keys" (list "ca.crt")) -}}
{{- end -}}
{{- with $user.clientSecret -}}
{{- $held = append $held (dict "volume" "kafka-client" "name" . "path" "/etc/galley/kafka-client" "is" "identity" "keys" (list "tls.crt" "tls.key")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (include "galley.usesModel" .) $values.model.existingSecret -}}
{{- $held = append $held (dict "volume" "model" "name" $values.model.existingSecret "path" "/etc/galley/model" "is" "secret" "keys" (list $values.model.secretKey)) -}}
{{- end -}}
{{- if include "galley.usesModel" . -}}
{{- $others := list -}}
{{- range $index, $fallback := $values.model.fallbacks | default list -}}
{{- $others = append $others (dict "volume" (printf "model-%d" (add1 $index)) "is" $fallback) -}}
{{- end -}}
{{- $others = append $others (dict "volume" "embedding" "is" ($values.model.embedding | default dict)) -}}
{{- range $others -}}
{{- if .is.existingSecret -}}
{{- $held = append $held (dict "volume" .volume "name" .is.existingSecret "path" (printf "/etc/galley/%s" .volume) "is" "secret" "keys" (list (.is.secretKey | default "key"))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if include "galley.usesMemory" . -}}
{{- $memory := include "galley.memory" .root | fromYaml -}}
{{- $held = append $held (dict "volume" "memory" "name" $memory.existingSecret "path" "/etc/galley/memory" "is" "secret" "keys" (list $memory.secretKey)) -}}
{{- with $memory.caSecret -}}
{{- $held = append $held (dict "volume" "memory-ca" "name" . "path" "/etc/galley/memory-ca" "is" "identity" "keys" (list "ca.crt")) -}}
{{- end -}}
{{- end -}}
{{- range .role.secrets -}}
{{- $held = append $held (dict "volume" (printf "secret-%s" .name | trunc 63 | trimSuffix "-") "name" .name "path" .mountPath "is" "secret") -}}
{{- end -}}
{{- toYaml $held -}}
{{- end -}}
