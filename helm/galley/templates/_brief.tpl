{{/* The roles that end: the same as any other, but nothing waits for them and nobody asks them. */}}

{{- define "galley.bootstrap" -}}
{{- $args := list "bus" "init" -}}
{{- with include "galley.ownKinds" . -}}
{{- $args = concat $args (list "--kinds") (splitList " " .) -}}
{{- end -}}
{{- $own := pick .Values.bootstrap "nats" "kafka" "resources" "annotations" -}}
{{- include "galley.role" (list "bootstrap" .Values.defaults (include "galley.brief" . | fromYaml) $own (dict "args" $args)) -}}
{{- end -}}

{{/* What the Job is made of. Takes `root` and `role`. */}}
{{- define "galley.bootstrap.spec" -}}
{{- $settings := .root.Values.bootstrap -}}
backoffLimit: {{ $settings.backoffLimit }}
activeDeadlineSeconds: {{ $settings.activeDeadlineSeconds }}
{{- with $settings.ttlSecondsAfterFinished }}
ttlSecondsAfterFinished: {{ . }}
{{- end }}
template:
  {{- include "galley.pod" . | fromYaml | toYaml | nindent 2 }}
{{- end -}}

{{/* What every test has; each has arguments of its own. */}}
{{- define "galley.tests" -}}
{{- $own := dict "nats" .Values.tests.nats "restartPolicy" "Never" "annotations" (include "galley.hook" . | fromYaml) -}}
{{- include "galley.role" (list "tests" .Values.defaults (include "galley.brief" . | fromYaml) $own) -}}
{{- end -}}

{{/* The dry goal's settings, where there is one; values of an earlier chart know of none. */}}
{{- define "galley.dry" -}}
{{- $dry := .Values.tests.dry | default dict -}}
{{- if and $dry.enabled (hasKey (include "galley.roles" . | fromYaml) "agent-ingestion") -}}
{{- toYaml $dry -}}
{{- end -}}
{{- end -}}

{{/* How long a test's Pod may live: longer than what it waits for, so that it says itself what was not over in time. */}}
{{- define "galley.test.seconds" -}}
{{- if eq .test "goal" -}}
{{- .root.Values.tests.goal.seconds -}}
{{- else if eq .test "dry" -}}
{{- add .root.Values.tests.dry.seconds 60 -}}
{{- else -}}
60
{{- end -}}
{{- end -}}

{{- define "galley.brief" -}}
port: 0
graceSeconds: 0
untrusted: false
restartPolicy: OnFailure
spread: { enabled: false }
{{- end -}}

{{/* What `helm test` makes goes again, unless it failed. */}}
{{- define "galley.hook" -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
# What the Pods of tests need is made before them.
helm.sh/hook-weight: "-1"
{{- end -}}
