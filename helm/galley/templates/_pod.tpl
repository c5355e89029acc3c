{{/* The template of a Pod, for Deployments, the Job and tests alike. Takes `root` and `role`. */}}
{{- define "galley.pod" -}}
{{- $checksum := dict "checksum/config" (include "galley.config" . | sha256sum) -}}
metadata:
  {{- /* Nothing that changes with the chart's version alone: no Pod is made anew for it, and no Job. */}}
  labels:
    {{- $labels := include "galley.selector" (dict "root" .root "id" .role.id) | fromYaml }}
    {{- $_ := set $labels "app.kubernetes.io/part-of" "galley" }}
    {{- if .role.port }}
    {{- $_ := set $labels "galley.dev/metrics" "true" }}
    {{- end }}
    {{- toYaml (mergeOverwrite (deepCopy .root.Values.commonLabels) (deepCopy .role.podLabels) $labels) | nindent 4 }}
  annotations:
    {{- toYaml (mergeOverwrite (deepCopy .root.Values.commonAnnotations) (deepCopy .role.podAnnotations) $checksum) | nindent 4 }}
spec:
  {{- include "galley.over" (list (include "galley.pod.spec" . | fromYaml) .role.podSpec) | nindent 2 }}
{{- end -}}

{{- define "galley.pod.spec" -}}
{{- $role := .role -}}
{{- $root := .root -}}
serviceAccountName: {{ include "galley.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- toYaml $role.podSecurityContext | nindent 2 }}
{{- /* The role has its grace period; what is left is for closing connections and sending the last traces. */}}
terminationGracePeriodSeconds: {{ add $role.graceSeconds 30 }}
{{- with $role.restartPolicy }}
restartPolicy: {{ . }}
{{- end }}
{{- with $role.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $role.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $role.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $role.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $role.spread.enabled }}
topologySpreadConstraints:
  {{- include "galley.pod.spread" . | nindent 2 }}
{{- end }}
{{- with $role.extraInitContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - {{- include "galley.pod.container" . | nindent 4 }}
  {{- with $role.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  {{- include "galley.pod.volumes" . | nindent 2 }}
{{- end -}}

{{- define "galley.serviceAccount" -}}
{{- if or .role.serviceAccount.name (not .role.serviceAccount.create) -}}
{{- .role.serviceAccount.name | default "default" -}}
{{- else -}}
{{- include "galley.fullname" .root }}-{{ .role.id -}}
{{- end -}}
{{- end -}}

{{/* Over zones and nodes as far as that goes: a Pod that cannot be spread is worth more than one that waits. */}}
{{- define "galley.pod.spread" -}}
{{- $selector := dict "matchLabels" (include "galley.selector" (dict "root" .root "id" .role.id) | fromYaml) -}}
{{- $zones := dict "maxSkew" 1 "topologyKey" "topology.kubernetes.io/zone" "whenUnsatisfiable" "ScheduleAnyway" -}}
{{- $nodes := dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway" -}}
{{- $constraints := list -}}
{{- range .role.spread.constraints | default (list $zones $nodes) -}}
{{- $constraints = append $constraints (mergeOverwrite (dict "labelSelector" $selector) .) -}}
{{- end -}}
{{- toYaml $constraints -}}
{{- end -}}

{{- define "galley.pod.container" -}}
{{- $role := .role -}}
name: galley
image: {{ include "galley.image" (dict "root" .root "image" .role.image) }}
imagePullPolicy: {{ .role.image.pullPolicy | default .root.Values.image.pullPolicy }}
{{- with $role.command }}
command:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat ($role.args | default (include "galley.pod.args" $role | fromJsonArray)) $role.extraArgs }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
env:
  {{- include "galley.pod.env" . | nindent 2 }}
{{- with $role.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $role.port }}
ports:
  - name: http
    containerPort: {{ $role.port }}
    protocol: TCP
startupProbe:
  {{- toYaml (mergeOverwrite (dict "httpGet" (dict "path" "/healthz" "port" "http")) $role.probes.startup) | nindent 2 }}
livenessProbe:
  {{- toYaml (mergeOverwrite (dict "httpGet" (dict "path" "/healthz" "port" "http")) $role.probes.liveness) | nindent 2 }}
readinessProbe:
  {{- toYaml (mergeOverwrite (dict "httpGet" (dict "path" "/readyz" "port" "http")) $role.probes.readiness) | nindent 2 }}
{{- end }}
resources:
  {{- toYaml $role.resources | nindent 2 }}
securityContext:
  {{- toYaml $role.securityContext | nindent 2 }}
volumeMounts:
  - name: config
    mountPath: /etc/galley/config
    readOnly: true
  - name: state
    mountPath: /var/lib/galley
  {{- range include "galley.secrets" . | fromYamlArray }}
  - name: {{ .volume }}
    mountPath: {{ .path }}
    readOnly: true
  {{- end }}
  {{- if $role.persistence.enabled }}
  - name: data
    mountPath: {{ $role.persistence.mountPath }}
  {{- end }}
  {{- with $role.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* What Galley's binary is told, as JSON; an image of one's own is told nothing. */}}
{{- define "galley.pod.args" -}}
{{- $grace := list "--grace" (toString .graceSeconds) -}}
{{- if .own -}}
[]
{{- else if eq .type "agent" -}}
{{- concat (list "agent" .kind "--slots" (toString .slots)) $grace | toJson -}}
{{- else if eq .type "learner" -}}
{{- concat (list "agent" "learning") $grace | toJson -}}
{{- else -}}
{{- concat (list .type) $grace | toJson -}}
{{- end -}}
{{- end -}}

{{- define "galley.pod.env" -}}
{{- $role := .role -}}
{{- $values := .root.Values -}}
- name: GALLEY_CONFIG
  value: /etc/galley/config/galley.yaml
- name: GALLEY_STATE
  value: /var/lib/galley
- name: GALLEY_LOG
  value: {{ $values.log | quote }}
{{- if $role.port }}
- name: GALLEY_LISTEN
  value: {{ printf "0.0.0.0:%d" (int $role.port) }}
{{- end }}
{{- if $role.own }}
- name: NATS_URL
  value: {{ join "," $values.nats.servers | quote }}
- name: GALLEY_KIND
  value: {{ $role.kind }}
- name: GALLEY_SLOTS
  value: {{ $role.slots | quote }}
{{- end }}
{{- with $values.otel.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: POD_NAME
  valueFrom:
    fieldRef: { fieldPath: metadata.name }
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ printf "k8s.namespace.name=%s,k8s.pod.name=$(POD_NAME)" $.root.Release.Namespace }}
{{- end }}
{{- with $role.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "galley.pod.volumes" -}}
{{- $role := .role -}}
- name: config
  configMap:
    name: {{ include "galley.fullname" .root }}-{{ $role.configOf | default $role.id }}
- name: state
  emptyDir:
    sizeLimit: {{ $role.stateSize }}
{{- range include "galley.secrets" . | fromYamlArray }}
- name: {{ .volume }}
  secret:
    secretName: {{ .name }}
    defaultMode: 0440
    {{- with .keys }}
    items:
      {{- range . }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
    {{- end }}
{{- end }}
{{- if $role.persistence.enabled }}
- name: data
  persistentVolumeClaim:
    claimName: {{ $role.persistence.existingClaim | default (printf "%s-%s" (include "galley.fullname" .root) $role.id) }}
{{- end }}
{{- with $role.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
