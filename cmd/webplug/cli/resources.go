package cli

import "webplug/cmd/webplug/output"

// resources are all kinds of things, each with what its commands show and take.
func resources() []*resource {
	return []*resource{services(), users(), eventTypes(), endpoints(), subscriptions(), keys()}
}

var (
	idColumn      = output.Column{Title: "ID", Path: "id"}
	nameColumn    = output.Column{Title: "NAME", Path: "name"}
	createdColumn = output.Column{Title: "CREATED", Path: "created_at", As: output.Moment}
	statusColumn  = output.Column{Title: "STATUS", Path: "status", State: true}
	userColumn    = output.Column{Title: "USER", Path: "user_id"}
	typeColumn    = output.Column{Title: "TYPE", Path: "event_type"}
	messageColumn = output.Column{Title: "MESSAGE", Path: "message_id"}
	deadColumn    = output.Column{Title: "ARCHIVED", Path: "archived_at", As: output.Moment}
)

var (
	userFilter      = field{name: "user_id", usage: "only this user's, by id or external id"}
	eventTypeFilter = field{name: "event_type", usage: "only of the event type of this name"}
	endpointFilter  = field{name: "endpoint_id", usage: "only of this endpoint, by id or URL"}
	causeFilter     = field{name: "cause", usage: "only what failed for this reason, as http_503 or timeout"}
	sinceFilter     = field{name: "since", kind: timeKind, usage: "at or after this time, or so long ago (RFC 3339, or as 90m, 24h, 7d)"}
	untilFilter     = field{name: "until", kind: timeKind, usage: "before this time"}
	formats         = []string{"standard-webhooks", "sns"}
)

func services() *resource {
	return &resource{
		plural: "services", singular: "service", article: "a", global: true, keyed: true, prefix: servicePrefix,
		rm: "Archive a service: it and all that is under it take nothing new", gone: "archived",
		columns: []output.Column{idColumn, nameColumn, {Title: "DEFAULT FORMAT", Path: "default_format"}, createdColumn, deadColumn},
		fields: []field{
			{name: "name", usage: "its name, unique", on: onCreate | onUpdate, required: true},
			{name: "default_format", usage: "format of endpoints that name none", on: onCreate | onUpdate, values: formats},
		},
	}
}

func users() *resource {
	return &resource{
		plural: "users", singular: "user", article: "a", lookup: "external_id", keyed: true, prefix: "usr_",
		rm: "Archive a user: nothing new is sent to the user's endpoints", gone: "archived",
		columns: []output.Column{idColumn, nameColumn, {Title: "EXTERNAL ID", Path: "external_id"}, createdColumn, deadColumn},
		fields: []field{
			{name: "name", usage: "the user's name", on: onCreate | onUpdate, required: true},
			{name: "external_id", usage: "your own id of the user, unique", on: onCreate | onUpdate},
			{name: "metadata", kind: pairsKind, usage: "what else you want to keep of the user; may be repeated", on: onCreate | onUpdate},
		},
		filters: []field{{name: "external_id", usage: "only the user with this id of your own"}},
	}
}

func eventTypes() *resource {
	return &resource{
		plural: "event-types", singular: "event-type", article: "an", lookup: "name", keyed: true, prefix: "typ_",
		rm: "Archive an event type: its messages are refused from now on", gone: "archived",
		columns: []output.Column{idColumn, nameColumn, {Title: "DESCRIPTION", Path: "description"}, createdColumn, deadColumn},
		fields: []field{
			{name: "name", usage: "its name, of A-Z a-z 0-9 _ . -", on: onCreate, required: true},
			{name: "description", usage: "what it tells receivers", on: onCreate | onUpdate},
			{name: "schema", kind: jsonKind, usage: "a JSON Schema that payloads must fit", on: onCreate | onUpdate},
			{name: "example", kind: jsonKind, usage: "a payload that fits the schema", on: onCreate | onUpdate},
		},
		filters: []field{{name: "name", usage: "only the one of this name"}},
	}
}

func endpoints() *resource {
	return &resource{
		plural: "endpoints", singular: "endpoint", article: "an", lookup: "url", keyed: true, prefix: "ep_",
		rm: "Remove an endpoint for good, and its subscriptions", gone: "removed",
		columns: []output.Column{
			idColumn, statusColumn, {Title: "URL", Path: "url"}, {Title: "FORMAT", Path: "format"}, userColumn, createdColumn,
		},
		fields: []field{
			{name: "user_id", usage: "whose it is, by id or external id", on: onCreate, required: true},
			{name: "url", usage: "where it is; the server's URL stands before the command then: webplug --url SERVER endpoints …", on: onCreate | onUpdate, required: true},
			{name: "format", usage: "what it receives", on: onCreate, values: formats},
			{name: "description", usage: "what it is for", on: onCreate | onUpdate},
			{name: "event_types", kind: listKind, usage: "names of event types to subscribe it to", on: onCreate},
		},
		filters: []field{
			userFilter, {name: "status", usage: "only those in this state", values: []string{"active", "paused", "removed"}},
			{name: "url", flag: "endpoint-url", usage: "only those at this URL"},
		},
		actions: []action{
			{name: "pause", short: "Send nothing to an endpoint until it is resumed; what is published meanwhile is skipped"},
			{name: "resume", short: "End a pause"},
			{name: "rotate-secret", short: "Make a new signing secret; the former one signs too for 24 hours", path: []string{"secret", "rotate"}},
			{name: "secret", short: "Show the signing secret", method: "GET"},
			{
				name: "recover", short: "Try again all that failed for this endpoint since a time", job: true,
				fields: []field{{name: "since", kind: timeKind, usage: "what failed at or after this time, or so long ago", on: onCreate, required: true}},
			},
			{
				name: "test", short: "Send a test webhook to this endpoint alone", keyed: true,
				fields: []field{{name: "event_type", usage: "name of a type, whose example is sent"}},
			},
		},
	}
}

func subscriptions() *resource {
	return &resource{
		plural: "subscriptions", singular: "subscription", article: "a", keyed: true, prefix: "sub_",
		rm: "Remove a subscription", gone: "removed",
		columns: []output.Column{
			idColumn, statusColumn, typeColumn, {Title: "ENDPOINT", Path: "endpoint_id"}, userColumn, createdColumn,
		},
		fields: []field{
			{name: "user_id", usage: "whose it is, by id or external id", on: onCreate, required: true},
			{name: "event_type", usage: "name of the event type", on: onCreate, required: true},
			{name: "endpoint", usage: "ep_…, or a URL, which is found or made", on: onCreate, required: true},
			{name: "format", usage: "what a URL's endpoint receives", on: onCreate, values: formats},
		},
		filters: []field{
			userFilter, eventTypeFilter, endpointFilter,
			{name: "status", usage: "only those in this state", values: []string{
				"requested", "pending_confirmation", "active", "expired", "failed", "removed",
			}},
		},
		actions: []action{{
			name: "handshake", short: "Ask for a new handshake, where the format has one",
		}, {
			name: "confirm", short: "Confirm a subscription whose format has a handshake", oneOf: true,
			fields: []field{
				{name: "token", usage: "the token that the endpoint was sent"},
				{name: "subscribe_url", usage: "or the URL that it was sent, whole"},
			},
		}},
	}
}

func keys() *resource {
	return &resource{
		plural: "keys", singular: "key", article: "a", global: true, keyed: true, prefix: "key_",
		rm: "Revoke a key, at once", gone: "revoked",
		columns: []output.Column{
			idColumn, nameColumn, {Title: "SCOPES", Path: "scopes"}, {Title: "SERVICE", Path: "service_id"},
			{Title: "HOLDER", Path: "holder.name"}, createdColumn,
			{Title: "LAST USED", Path: "last_used.at", As: output.Moment}, {Title: "REVOKED", Path: "revoked_at", As: output.Moment},
		},
		fields: []field{
			{name: "name", usage: "what it is for", on: onCreate, required: true},
			{name: "scopes", kind: listKind, usage: "what it may do", on: onCreate, required: true, values: []string{"publish", "manage", "read", "secrets"}},
			{name: "service_id", usage: "the only service that it sees", on: onCreate},
			{name: "user_id", usage: "the only user of the service whose part it sees", on: onCreate},
			{name: "holder.name", usage: "who has it, as histories show", on: onCreate},
			{name: "holder.kind", usage: "what the holder is", on: onCreate, values: []string{"person", "program"}},
		},
	}
}
