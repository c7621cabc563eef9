{{- define "restow.labels" -}}
app.kubernetes.io/name: restow
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "restow.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "restow.account" -}}
{{- $suffix := dict "read" "-reader" "plan" "-planner" "act" "" -}}
{{ .Release.Name }}{{ get $suffix .Values.rights }}
{{- end }}

{{- define "restow.port" -}}
{{- $listen := .Values.config.listen | default dict -}}
{{ $listen.port | default 8080 }}
{{- end }}
