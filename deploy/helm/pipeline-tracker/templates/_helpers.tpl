{{- define "tracker.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "tracker.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tracker.labels" -}}
{{ include "tracker.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "tracker.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Settings that are no secrets. */}}
{{- define "tracker.env" -}}
- name: SPRING_KAFKA_BOOTSTRAP_SERVERS
  value: {{ .Values.kafka.bootstrapServers | quote }}
- name: SPRING_DATASOURCE_URL
  value: {{ .Values.database.url | quote }}
- name: TRACKER_REGISTRY_URL
  value: {{ .Values.registry.url | quote }}
- name: SPRING_CONFIG_IMPORT
  value: configtree:/etc/tracker/
{{- with .Values.javaToolOptions }}
- name: JAVA_TOOL_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Arguments that every command understands. */}}
{{- define "tracker.properties" -}}
{{- range $feed, $settings := .Values.feeds }}
- --tracker.feeds.{{ $feed }}.topic={{ $settings.topic }}
- --tracker.feeds.{{ $feed }}.concurrency={{ $settings.concurrency }}
{{- end }}
{{- range $name, $value := .Values.properties }}
- {{ printf "--%s=%s" $name (and (kindIs "float64" $value) (eq (floor $value) $value) | ternary (printf "%v" (int64 $value)) (toString $value)) | quote }}
{{- end }}
{{- end }}

{{- define "tracker.podSecurity" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "tracker.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: secret, mountPath: /etc/tracker, readOnly: true}
{{- end }}

{{- define "tracker.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
- name: secret
  secret: {secretName: {{ . | quote }}, defaultMode: 288}
{{- end }}

{{/* A command that ends, as a pod's spec. Arguments: root, username, secret, args. */}}
{{- define "tracker.job" -}}
restartPolicy: Never
{{ include "tracker.podSecurity" .root }}
terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
containers:
  - name: {{ first .args }}
    image: {{ include "tracker.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
      {{- include "tracker.properties" .root | nindent 6 }}
    env:
      {{- include "tracker.env" .root | nindent 6 }}
      - name: SPRING_DATASOURCE_USERNAME
        value: {{ .username | quote }}
    resources: {{- toYaml .root.Values.resources | nindent 6 }}
    {{- include "tracker.containerSecurity" .root | nindent 4 }}
volumes:
  {{- include "tracker.volumes" .secret | nindent 2 }}
{{- end }}
