{{/* Who may connect to a role, and where it may connect to. Takes `root` and `role`; each gives a list of rules. */}}

{{- define "galley.ingress" -}}
{{- $rules := list -}}
{{- if .role.port -}}
{{- $ports := list (dict "port" (int .role.port) "protocol" "TCP") -}}
{{- $rules = append $rules (dict "from" .root.Values.networkPolicy.metrics.from "ports" $ports) -}}
{{- end -}}
{{- toYaml (concat $rules .role.ingress) -}}
{{- end -}}

{{- define "galley.egress" -}}
{{- $values := .root.Values -}}
{{- $policy := $values.networkPolicy -}}
# names
- to:
    {{- toYaml $policy.dns.to | nindent 4 }}
  ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
# the bus
- to:
    {{- toYaml $policy.nats.to | nindent 4 }}
  ports:
    {{- include "galley.ports" (ternary (append $policy.nats.ports $policy.nats.monitorPort) $policy.nats.ports $values.nats.strictDurability) | nindent 4 }}
{{- if include "galley.usesKafka" . }}
# Kafka
- to:
    {{- toYaml $policy.kafka.to | nindent 4 }}
  ports:
    {{- include "galley.ports" $policy.kafka.ports | nindent 4 }}
{{- end }}
{{- if include "galley.usesModel" . }}
# the model
- to:
    {{- toYaml $values.model.egress.to | nindent 4 }}
  ports:
    {{- include "galley.ports" $values.model.egress.ports | nindent 4 }}
{{- end }}
{{- if include "galley.usesMemory" . }}
{{- $memory := include "galley.memory" .root | fromYaml }}
# the memory
- to:
    {{- toYaml $memory.egress.to | nindent 4 }}
  ports:
    {{- include "galley.ports" $memory.egress.ports | nindent 4 }}
{{- end }}
{{- if $values.otel.endpoint }}
# traces and log lines
- to:
    {{- toYaml $values.otel.egress.to | nindent 4 }}
  ports:
    {{- include "galley.ports" $values.otel.egress.ports | nindent 4 }}
{{- end }}
{{- if .role.internet }}
# public addresses, and no others
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml $policy.internet.except | nindent 10 }}
    - ipBlock:
        cidr: 2000::/3
        except:
          {{- toYaml $policy.internet.exceptV6 | nindent 10 }}
  ports:
    {{- include "galley.ports" $policy.internet.ports | nindent 4 }}
{{- end }}
{{- with .role.egress.extra }}
# what this role needs beside
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "galley.ports" -}}
{{- range $index, $port := . -}}
{{- if $index }}
{{ end -}}
- { port: {{ $port }}, protocol: TCP }
{{- end -}}
{{- end -}}
