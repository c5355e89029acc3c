{{/* Names and labels. */}}

{{- define "galley.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Release and chart, once when they are the same. Room is left for the longest role behind it. */}}
{{- define "galley.fullname" -}}
{{- $name := include "galley.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels that never change: selectors are made of them. Takes a dict of `root` and `id`. */}}
{{- define "galley.selector" -}}
app.kubernetes.io/name: {{ include "galley.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .id }}
{{- end -}}

{{/* Labels of an object. Takes a dict of `root` and `id`. */}}
{{- define "galley.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "galley.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/part-of: galley
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name, namespace, labels, annotations. Takes `root`, `id`, and what is special: `name`, `labels`, `annotations`. */}}
{{- define "galley.metadata" -}}
{{- $labels := mergeOverwrite (include "galley.labels" . | fromYaml) (deepCopy (.labels | default dict)) -}}
{{- $annotations := mergeOverwrite (deepCopy .root.Values.commonAnnotations) (deepCopy (.annotations | default dict)) -}}
name: {{ .name | default (printf "%s-%s" (include "galley.fullname" .root) .id) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* An image by digest, else by tag. Takes `root` and the role's `image`. */}}
{{- define "galley.image" -}}
{{- $own := .image | default dict -}}
{{- $common := .root.Values.image -}}
{{- /* Another repository is another thing: it shares neither registry, tag nor digest with the common one. */ -}}
{{- $base := ternary dict $common (hasKey $own "repository") -}}
{{- $registry := $own.registry | default $base.registry -}}
{{- $repository := $own.repository | default $base.repository -}}
{{- $tag := $own.tag | default $base.tag | default .root.Chart.AppVersion -}}
{{- $digest := ternary $own.digest $base.digest (or (hasKey $own "digest") (hasKey $own "tag")) -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $repository }}
{{- if $digest }}@{{ $digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{/* What goes with a Job or a test goes at the same time: it has the same annotations. Takes the role. */}}
{{- define "galley.together" -}}
{{- if has .id (list "bootstrap" "tests") -}}
{{- toYaml .annotations -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}
