{{/* Everything that is wrong with the values, as a list. What a value may be by itself, values.schema.json says. */}}
{{- define "galley.faults" -}}
{{- $faults := concat (include "galley.faults.bus" . | fromYamlArray) (include "galley.faults.kafka" . | fromYamlArray) -}}
{{- range $id, $role := include "galley.roles" . | fromYaml -}}
{{- $about := dict "root" $ "role" $role "name" (ternary (printf "agents.%s" $role.kind) $id (eq $role.type "agent")) -}}
{{- $faults = concat $faults (include "galley.faults.role" $about | fromYamlArray) (include "galley.faults.scaling" $about | fromYamlArray) -}}
{{- end -}}
{{- if and .Values.model.url .Values.networkPolicy.enabled (not .Values.model.egress.to) -}}
{{- $faults = append $faults "model.url names a model, and no NetworkPolicy lets anybody reach it. Say where it is in model.egress.to: [{ ipBlock: { cidr: … } }], or the Pods of a proxy; or set networkPolicy.enabled to false." -}}
{{- end -}}
{{- $memory := include "galley.memory" . | fromYaml -}}
{{- if and $memory.existingSecret .Values.networkPolicy.enabled (not $memory.egress.to) -}}
{{- $faults = append $faults "knowledge.postgres names a memory, and no NetworkPolicy lets anybody reach it. Say where it is in knowledge.postgres.egress.to: [{ podSelector: … }] or [{ ipBlock: { cidr: … } }]; or set networkPolicy.enabled to false." -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "galley.faults.bus" -}}
{{- $nats := .Values.nats -}}
{{- $faults := list -}}
{{- if not $nats.servers -}}
{{- $faults = append $faults "nats.servers is empty: Galley brings no NATS. Name yours, as nats.servers: [\"nats://nats.nats.svc:4222\"]; helm/examples has values for its official chart." -}}
{{- end -}}
{{- if and $nats.strictDurability (not $nats.monitor) -}}
{{- $faults = append $faults "nats.strictDurability needs nats.monitor, such as http://nats-headless.nats.svc:8222: a client is not told when the server writes to the disk." -}}
{{- end -}}
{{- if and (eq $nats.auth.method "password") (not $nats.auth.user) -}}
{{- range $id, $role := include "galley.everyone" . | fromYaml -}}
{{- if not $role.nats.user -}}
{{- $faults = append $faults (printf "nats.auth.method is password, and %s has no user. Set nats.auth.user, or its own nats.user." $id) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if ne $nats.auth.method "none" -}}
{{- range $id, $role := include "galley.everyone" . | fromYaml -}}
{{- if not (or $nats.auth.existingSecret $role.nats.existingSecret) -}}
{{- $faults = append $faults (printf "nats.auth.method is %s, and %s has no Secret. Set nats.auth.existingSecret, or its own nats.existingSecret." $nats.auth.method $id) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "galley.faults.kafka" -}}
{{- $faults := list -}}
{{- if and .Values.kafka.brokers (ne .Values.kafka.sasl.mechanism "none") -}}
{{- range $id, $role := include "galley.everyone" . | fromYaml -}}
{{- if has $role.type (list "relay" "learner" "bootstrap") -}}
{{- $user := $role.kafka | default dict -}}
{{- if not (and $user.user $user.existingSecret) -}}
{{- $faults = append $faults (printf "kafka.sasl.mechanism is %s, and %s has no user on Kafka. Set %s.kafka.user and %s.kafka.existingSecret." $.Values.kafka.sasl.mechanism $id $id $id) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.kafka.sasl.mechanism "plain") (not .Values.kafka.tls.enabled) -}}
{{- $faults = append $faults "kafka.sasl.mechanism is plain, which shows the password to the network. Set kafka.tls.enabled, or a scram mechanism." -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{/* Takes `root`, `role`, and `name`: where it stands in the values. */}}
{{- define "galley.faults.role" -}}
{{- $faults := list -}}
{{- $secrets := list -}}
{{- range include "galley.secrets" . | fromYamlArray -}}
{{- if eq .is "secret" -}}
{{- $secrets = append $secrets .name -}}
{{- end -}}
{{- end -}}
{{- if and .role.untrusted .role.internet $secrets -}}
{{- $faults = append $faults (printf "%s would read what strangers wrote, hold a secret (%s) and reach any address: whoever takes it over could carry the secret away. Take one of the three from it: untrusted, internet (name the hosts in egress.extra), or the secret." .name (join ", " $secrets)) -}}
{{- end -}}
{{- if and .role.own (not .role.image.repository) (not .role.command) -}}
{{- $faults = append $faults (printf "%s is no kind of Galley's and has no image. Set %s.image.repository, or correct the name: galley agent list shows the kinds." .name .name) -}}
{{- end -}}
{{- if and (eq .role.type "agent") (not (regexMatch "^[a-z][a-z0-9]*(-[a-z0-9]+)*$" .role.kind)) -}}
{{- $faults = append $faults (printf "%s is no name of a kind: small letters and digits, with single hyphens between." .name) -}}
{{- end -}}
{{- if and (eq .role.type "agent") (gt (len .role.kind) 16) (gt (len (printf "%s-%s" (include "galley.fullname" .root) .role.id)) 63) -}}
{{- $faults = append $faults (printf "%s and the release's name are longer together than Kubernetes takes. Set fullnameOverride to something short." .name) -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}

{{- define "galley.faults.scaling" -}}
{{- $faults := list -}}
{{- $scaling := .role.autoscaling -}}
{{- $many := include "galley.isMany" .role -}}
{{- if and (eq $scaling.mode "keda") (ne .role.type "learner") (not .root.Values.nats.monitor) -}}
{{- $faults = append $faults (printf "%s.autoscaling.mode is keda, which asks NATS how much waits. Set nats.monitor, such as http://nats-headless.nats.svc:8222, or another mode." .name) -}}
{{- end -}}
{{- if and (eq $scaling.mode "keda") (eq .role.type "learner") .root.Values.kafka.brokers (or .root.Values.kafka.tls.enabled (ne .root.Values.kafka.sasl.mechanism "none")) (not $scaling.keda.authenticationRef) -}}
{{- $faults = append $faults "learner.autoscaling.mode is keda, which has to prove to Kafka who it is. Make a TriggerAuthentication for a user that may describe the topic and the group only, and name it in learner.autoscaling.keda.authenticationRef." -}}
{{- end -}}
{{- if and (ne $scaling.mode "none") (gt (int $scaling.min) (int $scaling.max)) -}}
{{- $faults = append $faults (printf "%s.autoscaling.min is %d, above its max of %d." .name (int $scaling.min) (int $scaling.max)) -}}
{{- end -}}
{{- if and (eq $scaling.mode "hpa") (lt (int $scaling.min) 1) -}}
{{- $faults = append $faults (printf "%s.autoscaling.min is 0, which an HPA cannot do. Set 1, or the mode keda." .name) -}}
{{- end -}}
{{- if and $many (include "galley.keepsAlone" .role) -}}
{{- $faults = append $faults (printf "%s keeps a folder that one Pod alone may write, and may have several. Set %s.persistence.accessModes to [ReadWriteMany], or keep it at one Pod." .name .name) -}}
{{- end -}}
{{- if and (eq .role.type "learner") (not .root.Values.kafka.brokers) $many -}}
{{- $faults = append $faults "learner may have several Pods, and without Kafka one reads the log alone. Keep it at one Pod, or set kafka.brokers." -}}
{{- end -}}
{{- if and (eq .role.type "relay") (ne $scaling.mode "none") -}}
{{- $faults = append $faults "relay.autoscaling does nothing: one relay works and the others wait. Set relay.replicas." -}}
{{- end -}}
{{- toYaml $faults -}}
{{- end -}}
