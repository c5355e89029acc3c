{{/*
The alerts. `deploy/operations.md` has a paragraph for each, by its name; tests/chart holds that. `critical` is for what loses or stops
work, `warning` for what a person should look at within a day.
*/}}
{{- define "galley.alerts" -}}
{{- $in := printf "{namespace=%q}" .Release.Namespace -}}
{{- $with := printf "namespace=%q" .Release.Namespace -}}
- alert: GalleyDisconnected
  expr: min by (namespace, pod) (galley_process_state{state="connected", {{ $with }}}) == 0
  for: 2m
  severity: critical
  summary: '{{ "{{ $labels.pod }}" }} has lost the bus'
- alert: GalleyNotPulling
  expr: |-
    galley_process_state{state="bound", {{ $with }}} == 0
      unless on (namespace, pod) galley_process_state{state="draining", {{ $with }}} == 1
  for: 5m
  severity: critical
  summary: '{{ "{{ $labels.pod }}" }} takes nothing from its queue'
- alert: GalleyMemoryAway
  expr: min by (namespace, pod) (galley_process_state{state="memory", {{ $with }}}) == 0
  for: 5m
  severity: warning
  summary: '{{ "{{ $labels.pod }}" }} cannot reach the memory on Postgres'
- alert: GalleyBusErrors
  expr: |-
    sum by (namespace, port, operation) (rate(galley_bus_operation_seconds_count{outcome="error", {{ $with }}}[5m]))
      / sum by (namespace, port, operation) (rate(galley_bus_operation_seconds_count{{ $in }}[5m])) > 0.05
  for: 10m
  severity: warning
  summary: 'more than one in twenty of {{ "{{ $labels.port }}.{{ $labels.operation }}" }} fails'
- alert: GalleyBusSlow
  expr: |-
    histogram_quantile(0.99, sum by (namespace, le) (rate(galley_bus_operation_seconds_bucket{port="log", operation="append", {{ $with }}}[5m]))) > 0.5
  for: 10m
  severity: warning
  summary: one decision in a hundred takes more than half a second to be kept
- alert: GalleyBusFast
  expr: count by (namespace) (galley_bus_replicas{durability="fast", {{ $with }}}) > 0
  for: 5m
  severity: warning
  summary: the bus may lose what it acknowledged when power fails
- alert: GalleyRedeliveries
  expr: |-
    sum by (namespace, consumer) (rate(galley_deliveries_total{again="yes", {{ $with }}}[15m]))
      / sum by (namespace, consumer) (rate(galley_deliveries_total{{ $in }}[15m])) > 0.1
  for: 15m
  severity: warning
  summary: 'more than one in ten messages of {{ "{{ $labels.consumer }}" }} comes again'
- alert: GalleyGoalsFailing
  expr: |-
    sum by (namespace) (increase(galley_goals_ended_total{ending="failed", {{ $with }}}[1h]))
      / sum by (namespace) (increase(galley_goals_ended_total{{ $in }}[1h])) > 0.2
  for: 10m
  severity: warning
  summary: more than one in five goals of the last hour failed
- alert: GalleyModelFailing
  expr: |-
    sum by (namespace, model) (rate(galley_model_call_seconds_count{outcome!="ok", {{ $with }}}[10m]))
      / sum by (namespace, model) (rate(galley_model_call_seconds_count{{ $in }}[10m])) > 0.2
  for: 10m
  severity: warning
  summary: 'more than one in five calls of {{ "{{ $labels.model }}" }} fails'
- alert: GalleyFactsRefused
  expr: |-
    sum by (namespace, pod) (increase(galley_relay_skipped_total{{ $in }}[1h])) > 0
      or sum by (namespace, pod) (increase(galley_learner_skipped_total{{ $in }}[1h])) > 0
  severity: warning
  summary: '{{ "{{ $labels.pod }}" }} passed facts over that it cannot read'
- alert: GalleyRelayBehind
  expr: min by (namespace) (galley_relay_lag{{ $in }}) > {{ .Values.monitoring.rules.lag }}
  for: 15m
  severity: warning
  summary: what happened does not reach Kafka as fast as it happens
- alert: GalleyLearnerBehind
  expr: sum by (namespace) (galley_learner_lag{{ $in }}) > {{ .Values.monitoring.rules.lag }}
  for: 30m
  severity: warning
  summary: learning does not keep up with what happens
{{- if gt (float64 .Values.monitoring.rules.usdPerHour) 0.0 }}
- alert: GalleySpend
  expr: sum by (namespace) (increase(galley_goals_spent_total{unit="usd_micros", {{ $with }}}[1h])) / 1e6 > {{ .Values.monitoring.rules.usdPerHour }}
  severity: warning
  summary: goals of the last hour cost more than {{ .Values.monitoring.rules.usdPerHour }} US dollars
{{- end }}
{{- end -}}
