{{/* The base of all names: the release's, with "vonk" in it. */}}
{{- define "vonk.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "vonk.operator" -}}
{{- printf "%s-operator" (include "vonk.fullname" .) -}}
{{- end -}}

{{- define "vonk.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "vonk.operator" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "vonk.labels" -}}
app.kubernetes.io/name: vonk
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "vonk.selectorLabels" -}}
app.kubernetes.io/name: vonk
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "vonk.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whether all namespaces are watched: "true" or "". */}}
{{- define "vonk.all" -}}
{{- if has "*" .Values.watchNamespaces -}}true{{- end -}}
{{- end -}}

{{/* The namespaces watched, as a JSON list; empty for all. */}}
{{- define "vonk.watched" -}}
{{- if include "vonk.all" . -}}
{{- if gt (len .Values.watchNamespaces) 1 -}}
{{- fail "watchNamespaces: \"*\" must stand alone" -}}
{{- end -}}
[]
{{- else -}}
{{- default (list .Release.Namespace) .Values.watchNamespaces | uniq | toJson -}}
{{- end -}}
{{- end -}}

{{/* The namespaces that get the accounts and the network policy of jobs, as a JSON list. */}}
{{- define "vonk.jobNamespaces" -}}
{{- if include "vonk.all" . -}}
{{- default (list .Release.Namespace) .Values.jobs.namespaces | uniq | toJson -}}
{{- else if .Values.jobs.namespaces -}}
{{- fail "jobs.namespaces is for watchNamespaces: [\"*\"] only" -}}
{{- else -}}
{{- include "vonk.watched" . -}}
{{- end -}}
{{- end -}}

{{/* What the operator does in a namespace that it watches. docs/operations.md says why. */}}
{{- define "vonk.operatorRules" -}}
- apiGroups: [vonk.dev]
  resources: [vonkjobs]
  verbs: [get, list, watch, delete]
- apiGroups: [vonk.dev]
  resources: [vonkjobs/status]
  verbs: [get, patch]
- apiGroups: [vonk.dev]
  resources: [vonkjobs/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [secrets, configmaps]
  verbs: [get, create, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* What a driver does in its namespace; the driver guard bounds it further. */}}
{{- define "vonk.driverRules" -}}
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, delete, patch]
- apiGroups: [""]
  resources: [pods/finalizers]
  verbs: [update]
{{- end -}}

{{/* CEL: whether an executor may use the secret of this name. Takes the root and an expression. */}}
{{- define "vonk.mayUse" -}}
{{- $name := index . 1 -}}
({{ $name }} == variables.key || (!{{ $name }}.matches('^vonkjob-.+-[0-9]+$') && {{ toJson (index . 0).Values.driverGuard.allowedSecretPrefixes }}.exists(p, {{ $name }}.startsWith(p))))
{{- end -}}
