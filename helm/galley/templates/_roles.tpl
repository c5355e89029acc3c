{{/*
Every role that runs for ever, put together: its id → all of its settings. Each template ranges over them, so a role has
the same files whatever it is.

  id        coordinator, relay, learner, agent-<kind>
  type      coordinator, relay, learner, agent
  kind      for agents
  own       whether the kind is none of Galley's
*/}}
{{- define "galley.roles" -}}
{{- include "galley.once" (list . "galley.roles.make") -}}
{{- end -}}

{{/* What a template makes, made once for all files of a render: they share the values. Takes the root and its name. */}}
{{- define "galley.once" -}}
{{- $made := printf "made by %s" (last .) -}}
{{- $values := (first .).Values -}}
{{- if not (hasKey $values $made) -}}
{{- $_ := set $values $made (include (last .) (first .)) -}}
{{- end -}}
{{- get $values $made -}}
{{- end -}}

{{- define "galley.roles.make" -}}
{{- $roles := dict -}}
{{- $base := .Values.defaults -}}
{{- $_ := set $roles "coordinator" (include "galley.role" (list "coordinator" $base .Values.coordinator) | fromYaml) -}}
{{- if .Values.kafka.brokers -}}
{{- $_ := set $roles "relay" (include "galley.role" (list "relay" $base .Values.relay) | fromYaml) -}}
{{- end -}}
{{- $_ := set $roles "learner" (include "galley.role" (list "learner" $base .Values.learner) | fromYaml) -}}
{{- range $kind, $settings := .Values.agents -}}
{{- $id := printf "agent-%s" $kind -}}
{{- $own := not (has $kind (include "galley.kinds" $ | fromJsonArray)) -}}
{{- $settings = $settings | default dict -}}
{{- $special := dict "type" "agent" "kind" $kind "own" $own -}}
{{- if and $own (not (hasKey $settings "port")) -}}
{{- $_ := set $special "port" 0 -}}
{{- end -}}
{{- $_ := set $roles $id (include "galley.role" (list $id $base $.Values.agentDefaults $settings $special) | fromYaml) -}}
{{- end -}}
{{- range $id, $role := $roles -}}
{{- if not $role.enabled -}}
{{- $_ := unset $roles $id -}}
{{- end -}}
{{- end -}}
{{- toYaml $roles -}}
{{- end -}}

{{/* The roles, and those that end: the bootstrap Job and the tests. */}}
{{- define "galley.everyone" -}}
{{- include "galley.once" (list . "galley.everyone.make") -}}
{{- end -}}

{{- define "galley.everyone.make" -}}
{{- $everyone := include "galley.roles" . | fromYaml -}}
{{- if .Values.bootstrap.enabled -}}
{{- $_ := set $everyone "bootstrap" (include "galley.bootstrap" . | fromYaml) -}}
{{- end -}}
{{- if .Values.tests.enabled -}}
{{- $_ := set $everyone "tests" (include "galley.tests" . | fromYaml) -}}
{{- end -}}
{{- toYaml $everyone -}}
{{- end -}}

{{/* The kinds that come with Galley, as JSON. */}}
{{- define "galley.kinds" -}}
["ingestion","ideation","research","drafting","seo","review","publishing"]
{{- end -}}

{{/* A role from its layers, a later one over an earlier one. Takes a list: its id, then the layers. */}}
{{- define "galley.role" -}}
{{- $role := dict "id" (first .) "type" (first .) "own" false -}}
{{- range rest . -}}
{{- $role = include "galley.over" (list $role .) | fromYaml -}}
{{- end -}}
{{- toYaml $role -}}
{{- end -}}

{{/*
One map laid over another, key by key. Not `mergeOverwrite`, for which false, 0 and an empty list say nothing: here what is
said counts, and null takes away.
*/}}
{{- define "galley.over" -}}
{{- $under := deepCopy (first .) -}}
{{- range $key, $value := last . -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $under $key -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $under $key)) -}}
{{- $_ := set $under $key (include "galley.over" (list (get $under $key) $value) | fromYaml) -}}
{{- else -}}
{{- $_ := set $under $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $under -}}
{{- end -}}

{{/* The kinds of one's own, sorted, with spaces between. */}}
{{- define "galley.ownKinds" -}}
{{- $own := list -}}
{{- range include "galley.roles" . | fromYaml -}}
{{- if .own -}}
{{- $own = append $own .kind -}}
{{- end -}}
{{- end -}}
{{- sortAlpha $own | join " " -}}
{{- end -}}

{{/* Whether a role may ever have more than one Pod: "true" or nothing. */}}
{{- define "galley.isMany" -}}
{{- if eq .autoscaling.mode "none" -}}
{{- if gt (int .replicas) 1 }}true{{ end -}}
{{- else if eq .autoscaling.mode "external" -}}
true
{{- else if gt (int .autoscaling.max) 1 -}}
true
{{- end -}}
{{- end -}}

{{/* Whether a role keeps a folder that one Pod alone may write: "true" or nothing. */}}
{{- define "galley.keepsAlone" -}}
{{- if and .persistence.enabled (not (has "ReadWriteMany" .persistence.accessModes)) }}true{{ end -}}
{{- end -}}

{{/* The identity of a role on NATS, its own or the common one, as YAML. Takes `root` and the role's `nats`. */}}
{{- define "galley.identity" -}}
{{- $auth := .root.Values.nats.auth -}}
{{- $own := .nats | default dict -}}
method: {{ $auth.method }}
secret: {{ $own.existingSecret | default $auth.existingSecret | quote }}
key: {{ $own.secretKey | default $auth.secretKey | quote }}
user: {{ $own.user | default $auth.user | quote }}
inboxPrefix: {{ $own.inboxPrefix | default .root.Values.nats.inboxPrefix | quote }}
{{- end -}}
