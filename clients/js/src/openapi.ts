// Generated from handlers/rest/openapi.yaml by `npm run generate`. Do not edit.

export interface paths {
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This description as a page for people
         * @description Scope: none; it needs no key.
         */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the server answers
         * @description Scope: none; it needs no key.
         */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures for Prometheus
         * @description Scope: none; it needs no key.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This description
         * @description Scope: none; it needs no key.
         */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the server can do its work, and why not
         * @description Scope: none; it needs no key.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check the hash chain of every stream of the event log, for the admin key
         * @description A job. It counts streams and events, and its `damage` names the places that are not what was written: a changed byte, a missing version, a record in another's place. It has finished well if `damaged` is 0. Scope: none; the admin key alone.
         */
        post: operations["verifyLog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events of all services, for the admin key
         * @description Scope: none; the admin key alone.
         */
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the jobs that are no single service's, newest first, for the admin key
         * @description Rebuilds and verifications. Scope: none; the admin key alone.
         */
        get: operations["listOperationJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
            };
            cookie?: never;
        };
        /**
         * Show a rebuild or a verification, for the admin key
         * @description Scope: none; the admin key alone.
         */
        get: operations["getOperationJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a rebuild or a verification before it is done, for the admin key
         * @description Repeatable. 409 once it has finished or failed. Scope: none; the admin key alone.
         */
        post: operations["cancelOperationJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description Scope: none; the admin key alone.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create an API key
         * @description The key is shown this once: repeated with the same Idempotency-Key the answer is 409 with the id. Scope: none; the admin key alone.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        /**
         * Show an API key
         * @description Scope: none; the admin key alone.
         */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description At once. Repeatable. Scope: none; the admin key alone.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make all read models anew from the event log, for the admin key
         * @description A job. The new ones are made beside those that are in use, and take their place when they have caught up; nothing waits for it. `count` is how many events there were when it was last known, 0 if it is not. 409 with the id while one runs. Scope: none; the admin key alone.
         */
        post: operations["rebuild"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services
         * @description A key that is limited to a service sees that one. Scope: read.
         */
        get: operations["listServices"];
        put?: never;
        /**
         * Create a service
         * @description Scope: manage, by a key that is not limited to a service.
         */
        post: operations["createService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Show a service
         * @description Scope: read.
         */
        get: operations["getService"];
        put?: never;
        post?: never;
        /**
         * Archive a service
         * @description It and all that is under it take nothing new. Repeatable. Its name is free again. Scope: manage.
         */
        delete: operations["archiveService"];
        options?: never;
        head?: never;
        /**
         * Change a service
         * @description Scope: manage.
         */
        patch: operations["updateService"];
        trace?: never;
    };
    "/v1/services/{svc}/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Failed deliveries that nobody retried or discarded, newest first
         * @description Scope: read.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/dead-letters/discard": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard all dead letters that a filter finds
         * @description As `retry`, but they are given up. Scope: manage.
         */
        post: operations["discardDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/dead-letters/groups": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Dead letters counted by endpoint and cause, the newest failure first
         * @description Scope: read.
         */
        get: operations["listDeadLetterGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/dead-letters/retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try again all dead letters that a filter finds
         * @description A job. It takes what is a dead letter now, all of it, not a page; with `message_id` all failed deliveries of one message. `count` is how many there are now; with `dry_run` that is all that happens. Those whose endpoint is paused or removed are left as they are, and counted as skipped. Scope: manage.
         */
        post: operations["retryDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * List endpoints
         * @description Scope: read.
         */
        get: operations["listEndpoints"];
        put?: never;
        /**
         * Add an endpoint
         * @description One URL in one format is one endpoint of a user; adding it twice is 409 with the id. Scope: manage.
         */
        post: operations["addEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Show an endpoint
         * @description Whoever has read `active` gets every message accepted after; whoever has read `paused` gets none. It waits up to 2 s for that, else it says `WebPlug-Stale: true`. Scope: read.
         */
        get: operations["getEndpoint"];
        put?: never;
        post?: never;
        /**
         * Remove an endpoint
         * @description For good, its subscriptions with it. Repeatable. Its URL is free again. Scope: manage.
         */
        delete: operations["removeEndpoint"];
        options?: never;
        head?: never;
        /**
         * Change an endpoint
         * @description Scope: manage.
         */
        patch: operations["updateEndpoint"];
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send nothing to an endpoint until it is resumed
         * @description Messages that are published meanwhile are skipped for good: a resume does not send them. Retries that wait fail when they are due (`endpoint_paused`) and become dead letters, which can be retried after a resume. Scope: manage.
         */
        post: operations["pauseEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}/recover": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try again all that failed for this endpoint since a time
         * @description A job: it retries the endpoint's dead letters that ended at or after `since`. `count` is how many there are now. 409 while the endpoint is paused, or once it is removed. Scope: manage.
         */
        post: operations["recoverEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a pause
         * @description Messages that were published during the pause stay skipped. Retries that fell due in it have failed (`endpoint_paused`): they are dead letters, and can be retried now. Scope: manage.
         */
        post: operations["resumeEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Show the signing secret
         * @description It is recorded as the event SecretRead. Scope: secrets.
         */
        get: operations["readSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}/secret/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new signing secret
         * @description The former one signs too for 24 hours. The new one is not shown here. Scope: manage.
         */
        post: operations["rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/endpoints/{ep}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test webhook to this endpoint alone
         * @description An event type's example, or a small webhook of type `webplug.test`. It is a message with a history. Scope: manage.
         */
        post: operations["testEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * List event types
         * @description Scope: read.
         */
        get: operations["listEventTypes"];
        put?: never;
        /**
         * Create an event type
         * @description Scope: manage.
         */
        post: operations["createEventType"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/event-types/{typ}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                typ: components["parameters"]["typ"];
            };
            cookie?: never;
        };
        /**
         * Show an event type
         * @description Scope: read.
         */
        get: operations["getEventType"];
        put?: never;
        post?: never;
        /**
         * Archive an event type
         * @description Messages of the type are refused. Repeatable. Its name is free again. Scope: manage.
         */
        delete: operations["archiveEventType"];
        options?: never;
        head?: never;
        /**
         * Change an event type
         * @description The name stays, since receivers know the type by it. Scope: manage.
         */
        patch: operations["updateEventType"];
        trace?: never;
    };
    "/v1/services/{svc}/history": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * The service's events
         * @description Scope: read.
         */
        get: operations["serviceHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * List the service's jobs, newest first
         * @description Scope: read.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/jobs/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Show a job and how far it is
         * @description Scope: read.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/jobs/{job}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a job before it is done
         * @description When this answers it does nothing more; what it has done stays done. Repeatable. 409 once it has finished or failed. Scope: manage.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/live": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * The service's events as they happen
         * @description Events in the order in which they arrived, each once, except that some may come again, with the same `id`, after a
         *     crash or a rebuild. A cursor is good for as long as the events are there: whoever slept for hours goes on where it
         *     was. Without `cursor` and `since` it begins now; `since` begins at a time. As JSON it answers at once, or, with
         *     `wait`, as soon as there is something; a page may be empty though there is more, so ask again with its cursor.
         *
         *     With `Accept: text/event-stream` it is a stream of server-sent events. Each has an event as JSON in `data` and a cursor
         *     as `id`: reconnect with `Last-Event-ID`, or `cursor`, to go on behind it. Every 15 s without an event there is a
         *     comment and a newer `id`. Before the server ends a stream it sends `event: end` with `{"reason", "cursor"}` in `data`;
         *     reasons are `shutdown` and `unavailable` (reconnect), and `key-revoked`. A client that does not read for 10 s is cut
         *     off, and goes on from the last `id` it had. A key may have 16 streams at once; more are 429 `too-many-streams`.
         *
         *     Scope: read.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * List messages, newest first
         * @description Scope: read.
         */
        get: operations["listMessages"];
        put?: never;
        /**
         * Publish a message
         * @description When this answers, the message is durable and it is decided who gets it. Endpoints that match and do not get it are answered with the reason. Without `user_id` it goes to all users. Where more than 500 endpoints match, the answer is of the first 500 and says `more`; on the others it is decided in the background, 500 after 500, by the subscriptions of that moment. Scope: publish.
         */
        post: operations["publish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages/{msg}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Show a message
         * @description Scope: read.
         */
        get: operations["getMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages/{msg}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * A message's deliveries, and the endpoints that were skipped
         * @description Scope: read.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages/{msg}/deliveries/{ep}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try one delivery no more
         * @description Scope: manage.
         */
        post: operations["discardDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages/{msg}/deliveries/{ep}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try one delivery again
         * @description The whole schedule again from now. A pending delivery is left as it is; one that was skipped, or whose endpoint is paused or removed, is 409. A skipped one was no delivery at all: publish the message again with `user_id`. Scope: manage.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages/{msg}/history": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Every event of a message and its deliveries, oldest first
         * @description All of them, unless a limit is given. An effect never comes before its cause. Scope: read.
         */
        get: operations["messageHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/messages/batch": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish up to 100 messages
         * @description Each message is accepted or refused for itself, and answered at its place. A body of 4 MB at most. A message's `idempotency_key` is what the header is to a single one; with the header here, messages that have none take it together with their place in the list. Scope: publish.
         */
        post: operations["publishBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Figures of a service over time
         * @description What happened from `since` until `until`, both moved out to whole buckets, and counted where it happened: a delivery that failed, was retried by hand and then delivered is counted under all three. The success rate is delivered ÷ (delivered + failed); what was skipped stands beside it, never in it. `now` is what is so at this moment, whenever it was accepted. With `user_id` it is the user's part: messages for this user, and what its endpoints got. At most 1,000 buckets. Scope: read.
         */
        get: operations["stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * List subscriptions
         * @description Scope: read.
         */
        get: operations["listSubscriptions"];
        put?: never;
        /**
         * Subscribe an endpoint to an event type
         * @description The endpoint is an id, or a URL of the user, which is found or made in the same write. A second subscription of the two is 409 with the id. Scope: manage.
         */
        post: operations["subscribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/subscriptions/{sub}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * Show a subscription
         * @description As with an endpoint, whoever has read `active` gets every message accepted after. Scope: read.
         */
        get: operations["getSubscription"];
        put?: never;
        post?: never;
        /**
         * Remove a subscription
         * @description Repeatable. Added again it has the same id. Scope: manage.
         */
        delete: operations["unsubscribe"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/subscriptions/{sub}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm a subscription of a format with a handshake
         * @description In format sns the endpoint was sent a SubscriptionConfirmation with a token; the endpoint visits its SubscribeURL, or its token is given here. WebPlug then confirms signed, so that nobody who holds an envelope can unsubscribe the endpoint. Repeatable. 422 if SNS does not know the token, or it is of another subscription; 409 where no handshake is under way: ask for a new one. The format standard-webhooks has none, and answers 409. Scope: manage.
         */
        post: operations["confirmSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/subscriptions/{sub}/handshake": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a new handshake
         * @description The endpoint is sent a new SubscriptionConfirmation, whether the one before is pending, expired or failed. 409 for a subscription that is active or removed, and for the format standard-webhooks. Scope: manage.
         */
        post: operations["requestHandshake"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/users": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        /**
         * List users
         * @description Scope: read.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Register a user
         * @description Scope: manage.
         */
        post: operations["registerUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{svc}/users/{usr}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                usr: components["parameters"]["usr"];
            };
            cookie?: never;
        };
        /**
         * Show a user
         * @description Scope: read.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Archive a user
         * @description Nothing new is sent to the user's endpoints. Repeatable. The external id is free again. Scope: manage.
         */
        delete: operations["archiveUser"];
        options?: never;
        head?: never;
        /**
         * Change a user
         * @description Scope: manage.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/v1/stuck": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events that a consumer could not take, for the admin key
         * @description Scope: none; the admin key alone.
         */
        get: operations["listStuck"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stuck/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a stuck event to its consumer again
         * @description Its id is to be percent-encoded in the path. 409 if it is still stuck. Scope: none; the admin key alone.
         */
        post: operations["retryStuck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How this WebPlug is and how it does, for the admin key
         * @description Scope: none; the admin key alone.
         */
        get: operations["system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the key that asks
         * @description A program with a user interface leaves out what the key cannot do. Scope: any; what the key in use may see and do.
         */
        get: operations["whoami"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Either that the message is accepted, or why it is not */
        BatchResult: {
            /** @description How many endpoints get it; with `more`, of the first 500 */
            deliveries?: number;
            id?: components["schemas"]["MessageId"];
            /** @description More than 500 endpoints match; the others are decided on in the background */
            more?: boolean;
            problem?: components["schemas"]["Problem"];
            skipped?: components["schemas"]["Skipped"][];
        } & (unknown | unknown);
        /** @description Why it failed; an HTTP status is `http_503`. In format sns also: unconfirmed (the subscription was not active when it was to be published), publish_refused (SNS did not take it), no_answer (none came), no_report (SNS told nothing for 75 minutes; a later report mends it) */
        Cause: string;
        /** @description One of both */
        Confirmation: {
            /** @description Its SubscribeURL; it is not visited */
            subscribe_url?: string | null;
            /** @description Token of the SubscriptionConfirmation */
            token?: string | null;
        };
        CreatedKey: {
            created_at: components["schemas"]["Time"];
            holder: components["schemas"]["Holder"] | null;
            id: components["schemas"]["KeyId"];
            /** @description The key itself, shown this once */
            key: string;
            /** @description null if it was never used */
            last_used: components["schemas"]["KeyUse"] | null;
            name: components["schemas"]["Name"];
            revoked_at: components["schemas"]["MaybeTime"];
            scopes: components["schemas"]["Scope"][];
            service_id: string | null;
            user_id: string | null;
            version: components["schemas"]["Version"];
        };
        Damage: {
            /**
             * @description changed: its bytes or its place are not what was written
             * @enum {string}
             */
            reason: "changed" | "missing" | "unreadable";
            stream: string;
            version: number;
        };
        DeadLetterAction: {
            /** @description Count only */
            dry_run?: boolean | null;
            filter: components["schemas"]["DeadLetterFilter"];
            /** @description It stands in the history of each delivery */
            reason?: string | null;
        };
        /** @description What is absent or null does not filter; {} is all */
        DeadLetterFilter: {
            cause?: components["schemas"]["Cause"] | null;
            endpoint_id?: string | null;
            /** @description An event type's name */
            event_type?: string | null;
            message_id?: string | null;
            /** @description Failed at or after */
            since?: components["schemas"]["MaybeTime"];
            /** @description Failed before */
            until?: components["schemas"]["MaybeTime"];
            /** @description That the message was published for; a broadcast has none */
            user_id?: string | null;
        };
        DeadLetterGroup: {
            cause: components["schemas"]["Cause"];
            count: number;
            endpoint_id: components["schemas"]["EndpointId"];
            /** @description How the newest request to this endpoint went, whatever it was for; null where none is known of */
            last_attempt: components["schemas"]["LastAttempt"] | null;
            /** @description When the last of them failed */
            newest: components["schemas"]["Time"];
            /** @description When the first of them failed */
            oldest: components["schemas"]["Time"];
        };
        Delivery: {
            accepted_at: components["schemas"]["Time"];
            /** @description In format sns as the newest report counts them: single attempts are not reported */
            attempts: number;
            /** @description Who caused that */
            by: string | null;
            cause: components["schemas"]["Cause"] | null;
            /** @description When it was delivered, failed or discarded */
            ended_at: components["schemas"]["MaybeTime"];
            /** @description null where no endpoint matched */
            endpoint_id: components["schemas"]["EndpointId"] | null;
            event_type: string;
            /** @description null of a test webhook without an event type */
            event_type_id: components["schemas"]["EventTypeId"] | null;
            last_attempt_at: components["schemas"]["MaybeTime"];
            last_status_code: number | null;
            message_id: components["schemas"]["MessageId"];
            /** @description In format sns the attempts are made by SNS: an estimate, and of a pending one when it was to be published */
            next_attempt_at: components["schemas"]["MaybeTime"];
            /** @description Version that made the standing plan */
            plan: components["schemas"]["Version"];
            /** @description Why it was skipped */
            reason: components["schemas"]["SkipReason"] | null;
            since: components["schemas"]["MaybeTime"];
            status: components["schemas"]["DeliveryStatus"];
            /** @description The message's; null for all users */
            user_id: string | null;
            version: components["schemas"]["Version"];
        };
        /** @enum {string} */
        DeliveryStatus: "pending" | "retrying" | "delivered" | "failed" | "discarded" | "skipped";
        Endpoint: {
            /** @description Its user's or its service's */
            archived_at: components["schemas"]["MaybeTime"];
            created_at: components["schemas"]["Time"];
            description: string;
            format: components["schemas"]["Format"];
            id: components["schemas"]["EndpointId"];
            /** @description Until then the former secret signs too */
            previous_secret_until: components["schemas"]["MaybeTime"];
            /**
             * @description While it is paused
             * @enum {string|null}
             */
            reason: "manual" | "gone" | null;
            removed_at: components["schemas"]["MaybeTime"];
            service_id: components["schemas"]["ServiceId"];
            status: components["schemas"]["EndpointStatus"];
            status_changed: components["schemas"]["Stamp"];
            subscriptions: components["schemas"]["EndpointSubscription"][];
            updated_at: components["schemas"]["Time"];
            url: string;
            user_id: components["schemas"]["UserId"];
            version: components["schemas"]["Version"];
        };
        EndpointChange: {
            description?: string | null;
            url?: components["schemas"]["Url"];
        };
        EndpointId: string;
        /** @enum {string} */
        EndpointStatus: "active" | "paused" | "removed";
        EndpointSubscription: {
            /** @description While a handshake is under way: until when its token is good */
            confirm_until: components["schemas"]["MaybeTime"];
            created_at: components["schemas"]["Time"];
            endpoint_id: components["schemas"]["EndpointId"];
            event_type_id: components["schemas"]["EventTypeId"];
            id: components["schemas"]["SubscriptionId"];
            /** @description While it is failed */
            reason: components["schemas"]["SubscriptionFailure"] | null;
            removed_at: components["schemas"]["MaybeTime"];
            service_id: components["schemas"]["ServiceId"];
            /** @description The confirmed one, else the one that is to be confirmed */
            sns: components["schemas"]["SNSLink"] | null;
            status: components["schemas"]["SubscriptionStatus"];
            status_changed: components["schemas"]["Stamp"];
            user_id: components["schemas"]["UserId"];
            version: components["schemas"]["Version"];
        };
        Event: {
            /** @description A key's id, `admin` or a component */
            actor: string;
            /** @description Who holds the key */
            actor_name: string;
            /** @description Of the event that it answers, of the request, or of the job */
            causation_id: string;
            /** @description The same for all that one request set in motion */
            correlation_id: string;
            /**
             * @description Depends on the type. Payloads and answers are opened for keys with the scope read; secrets are "sealed", as is
             *     what cannot be opened any more. Fields without a value are left out; an update has only what it changes.
             *     `request` is a hash of the request with an Idempotency-Key.
             *
             *     | type | fields |
             *     |---|---|
             *     | AttemptFailed | `attempt_id`, `attempt` (1 is the first), `plan` (the version that planned it), `endpoint_version`, `url`, `status_code`, `cause`, `duration_ms`, `retry_after_s`, `at`, `answer`, `next` (when it is tried again) |
             *     | DeliveryDiscarded | `reason` |
             *     | DeliveryFailed | `attempt_id`, `attempt` (1 is the first), `plan` (the version that planned it), `endpoint_version`, `url`, `status_code`, `cause`, `duration_ms`, `retry_after_s`, `at`, `answer`; without `attempt_id` there was no request |
             *     | DeliverySucceeded | `attempt_id`, `attempt` (1 is the first), `plan` (the version that planned it), `endpoint_version`, `url`, `status_code`, `cause`, `duration_ms`, `retry_after_s`, `at`, `answer` |
             *     | DeliveryUnreported | `plan`, `published_at`; SNS told nothing of it for 75 minutes |
             *     | EndpointAdded | `user_id`, `url`, `format`, `description`, `secret`, `request` |
             *     | EndpointPaused | `reason` (manual, or gone after a 410) |
             *     | EndpointRemoved | none |
             *     | EndpointResumed | none |
             *     | EndpointUpdated | `url`, `description` |
             *     | EventTypeArchived | none |
             *     | EventTypeCreated | `name`, `description`, `schema`, `example`, `request` |
             *     | EventTypeUpdated | `description`, `schema`, `example` (null takes them away) |
             *     | HandshakeRequested | `event_type_id` |
             *     | JobCancelled | `reason` |
             *     | JobFailed | `error` |
             *     | JobFinished | none |
             *     | JobProgressed | `done`, `skipped`, `failed`, `streams`, `damaged` (each of the whole job so far), `damage` (what is new), `next` (where it goes on) |
             *     | JobRequested | `kind`, `filter`, `reason`, `total`, `request` |
             *     | KeyCreated | `name`, `scopes`, `service_id`, `user_id`, `holder`, `secret_hash`, `request` |
             *     | KeyRevoked | none |
             *     | MessageAccepted | `event_type_id`, `event_type`, `user_id`, `payload`, `targets` (endpoints that get it), `skipped`, `more` (where the next part of the audience begins), `test`, `request` |
             *     | MessagePublished | `topic_arn`, `sns_message_id`, `to` (each endpoint with its slot, URL, and the plan that it is of) |
             *     | MessageRouted | `event_type_id`, `event_type`, `user_id`, `accepted_at`, `after`, `targets`, `skipped`, `more`; a further part of a large audience, of up to 500 endpoints, in the stream `<service>/<message>~<number>` |
             *     | NameReleased | `holder` |
             *     | NameReserved | `what`, `holder` |
             *     | QueueSubscribed | `shard`, `topic_arn`, `queue_arn`, `subscription_arn`; in an AWS account: the topic hands webhooks on to the queue |
             *     | ReportUnmatched | `topic_arn`, `sns_message_id`, `md5`, `url`, `status_code`, `came_at`, `record`; a report that fits no message |
             *     | RetryRequested | `reason` |
             *     | SecretRead | none |
             *     | SecretRotated | `secret`, `previous_until` |
             *     | ServiceArchived | none |
             *     | ServiceCreated | `name`, `default_format`, `request` |
             *     | ServiceUpdated | `name`, `default_format` |
             *     | SlotAssigned | `shard`, `slot`, `url`, `endpoint_id` |
             *     | SlotReleased | `shard`, `slot` |
             *     | SubscriptionAdded | `event_type_id`, `request`, `key` (a hash of the Idempotency-Key) |
             *     | SubscriptionConfirmed | `event_type_id`, `topic_arn`, `subscription_arn`, `slot`, `url`, `authenticated` (only its owner can end it) |
             *     | SubscriptionExpired | `event_type_id`, `topic_arn`, `subscription_arn`, `slot`, `url` |
             *     | SubscriptionFailed | `event_type_id`, `reason`, `detail` |
             *     | SubscriptionPending | `event_type_id`, `topic_arn`, `subscription_arn`, `slot`, `url`, `until` (when the token expires) |
             *     | SubscriptionReleased | `event_type_id`, `topic_arn`, `subscription_arn`, `slot`, `url`; SNS has it no more |
             *     | SubscriptionRemoved | `event_type_id` |
             *     | TopicProvisioned | `shard`, `topic_arn` |
             *     | TopicRemoved | `shard`, `topic_arn` |
             *     | UserArchived | none |
             *     | UserRegistered | `name`, `external_id`, `metadata`, `request` |
             *     | UserUpdated | `name`, `external_id`, `metadata` |
             */
            data: {
                [key: string]: unknown;
            };
            /** @description SHA-256 over the previous event's hash and the stored bytes */
            hash: string;
            id: string;
            stream: string;
            time: components["schemas"]["Time"];
            type: components["schemas"]["EventName"];
            version: number;
        };
        /**
         * @description What happened, in the past tense
         * @enum {string}
         */
        EventName: "AttemptFailed" | "DeliveryDiscarded" | "DeliveryFailed" | "DeliverySucceeded" | "DeliveryUnreported" | "EndpointAdded" | "EndpointPaused" | "EndpointRemoved" | "EndpointResumed" | "EndpointUpdated" | "EventTypeArchived" | "EventTypeCreated" | "EventTypeUpdated" | "HandshakeRequested" | "JobCancelled" | "JobFailed" | "JobFinished" | "JobProgressed" | "JobRequested" | "KeyCreated" | "KeyRevoked" | "MessageAccepted" | "MessagePublished" | "MessageRouted" | "NameReleased" | "NameReserved" | "QueueSubscribed" | "ReportUnmatched" | "RetryRequested" | "SecretRead" | "SecretRotated" | "ServiceArchived" | "ServiceCreated" | "ServiceUpdated" | "SlotAssigned" | "SlotReleased" | "SubscriptionAdded" | "SubscriptionConfirmed" | "SubscriptionExpired" | "SubscriptionFailed" | "SubscriptionPending" | "SubscriptionReleased" | "SubscriptionRemoved" | "TopicProvisioned" | "TopicRemoved" | "UserArchived" | "UserRegistered" | "UserUpdated";
        EventType: {
            /** @description Its own or its service's */
            archived_at: components["schemas"]["MaybeTime"];
            created_at: components["schemas"]["Time"];
            description: string;
            example: components["schemas"]["Json"];
            id: components["schemas"]["EventTypeId"];
            name: components["schemas"]["EventTypeName"];
            schema: Record<string, never> | boolean | null;
            service_id: components["schemas"]["ServiceId"];
            updated_at: components["schemas"]["Time"];
            version: components["schemas"]["Version"];
        };
        EventTypeChange: {
            description?: string | null;
            /** @description null takes it away */
            example?: components["schemas"]["Json"];
            /** @description null takes it away */
            schema?: Record<string, never> | boolean | null;
        };
        EventTypeId: string;
        EventTypeName: string;
        Figures: {
            /** @description Messages; null with endpoint_id */
            accepted: number | null;
            /** @description HTTP requests */
            attempts: number;
            attempts_failed: number;
            /** @description Failures for good, by cause */
            causes: {
                [key: string]: number;
            };
            /** @description Deliveries that an endpoint took */
            delivered: number;
            /** @description Deliveries that the accepted messages were to make; null with endpoint_id or user_id */
            deliveries: number | null;
            /** @description Deliveries that somebody gave up */
            discarded: number;
            /** @description Deliveries that failed for good */
            failed: number;
            latency_ms: components["schemas"]["Latency"];
            /** @description Deliveries that somebody asked to be tried again */
            retried: number;
            skip_reasons: {
                [key: string]: number;
            };
            /** @description Endpoints that matched and did not get a message; a message that nobody subscribed is one */
            skipped: number;
            /** @description delivered ÷ (delivered + failed); null where neither is */
            success_rate: number | null;
        };
        /** @enum {string} */
        Format: "standard-webhooks" | "sns";
        Health: {
            checks: {
                name: string;
                ok: boolean;
                /** @description Why not */
                reason?: string;
            }[];
            /** @enum {string} */
            status: "ok" | "unavailable";
        };
        /** @description Who has the key; histories show the name */
        Holder: {
            /** @enum {string} */
            kind: "person" | "program";
            name: components["schemas"]["Name"];
        };
        Job: {
            /** @description Of verify: the first 100 of them */
            damage: components["schemas"]["Damage"][];
            /** @description Of verify: how many places are damaged */
            damaged: number;
            /** @description Deliveries retried or discarded; events read */
            done: number;
            ended_at: components["schemas"]["MaybeTime"];
            /** @description Why it failed */
            error: string | null;
            /** @description Deliveries that could not be read */
            failed: number;
            /** @description null of rebuild and verify */
            filter: components["schemas"]["JobFilter"] | null;
            id: components["schemas"]["JobId"];
            kind: components["schemas"]["JobKind"];
            /** @description Given with retry or discard, or with the cancel */
            reason: string | null;
            requested_at: components["schemas"]["Time"];
            /** @description A key's id, or `admin` */
            requested_by: string;
            /** @description null of rebuild and verify */
            service_id: components["schemas"]["ServiceId"] | null;
            /** @description Deliveries left as they are: the endpoint is paused or removed, or somebody else was quicker */
            skipped: number;
            status: components["schemas"]["JobStatus"];
            /** @description Of verify: streams read */
            streams: number;
            /** @description How many there were to do when it was asked for; of rebuild and verify about, or 0 where it is not known */
            total: number;
            updated_at: components["schemas"]["Time"];
            version: components["schemas"]["Version"];
        };
        JobFilter: {
            cause: components["schemas"]["Cause"] | null;
            endpoint_id: string | null;
            event_type: string | null;
            message_id: string | null;
            since: components["schemas"]["MaybeTime"];
            until: components["schemas"]["MaybeTime"];
            user_id: string | null;
        };
        JobId: string;
        /** @enum {string} */
        JobKind: "recover" | "retry" | "discard" | "rebuild" | "verify";
        /** @enum {string} */
        JobStatus: "queued" | "running" | "finished" | "failed" | "cancelled";
        /** @description Any JSON */
        Json: Record<string, never> | unknown[] | string | number | boolean | null;
        Key: {
            created_at: components["schemas"]["Time"];
            holder: components["schemas"]["Holder"] | null;
            id: components["schemas"]["KeyId"];
            /** @description null if it was never used */
            last_used: components["schemas"]["KeyUse"] | null;
            name: components["schemas"]["Name"];
            revoked_at: components["schemas"]["MaybeTime"];
            scopes: components["schemas"]["Scope"][];
            /** @description null for every service */
            service_id: string | null;
            /** @description null for every user; else the key sees and does this user's part alone */
            user_id: string | null;
            version: components["schemas"]["Version"];
        };
        KeyId: string;
        /** @description The newest use that is known; a use within an hour of it may not be */
        KeyUse: {
            at: components["schemas"]["Time"];
            /** @description Method and path's pattern, `GET /v1/services/:svc/messages` */
            call: string;
            /** @description The caller's address */
            from: string;
        };
        LastAttempt: {
            at: components["schemas"]["Time"];
            /** @description null if it was delivered */
            cause: components["schemas"]["Cause"] | null;
            delivered: boolean;
            message_id: components["schemas"]["MessageId"];
            status_code: number | null;
        };
        /** @description From the acceptance of a message to the endpoint's answer that delivered it; null where nothing was */
        Latency: {
            p50: number | null;
            p95: number | null;
            p99: number | null;
        };
        /** @description An event, and which message it is about */
        LiveEvent: {
            actor: string;
            actor_name: string;
            causation_id: string;
            correlation_id: string;
            /** @description As Event has it; MessageAccepted with its payload */
            data: {
                [key: string]: unknown;
            };
            /** @description Of a delivery, or the endpoint that it is about */
            endpoint_id: components["schemas"]["EndpointId"] | null;
            /** @description The message's */
            event_type: string | null;
            hash: string;
            id: string;
            /** @description null where it is about no message */
            message_id: components["schemas"]["MessageId"] | null;
            stream: string;
            /** @description Of MessageAccepted it is the webhook's `timestamp` too */
            time: components["schemas"]["Time"];
            type: components["schemas"]["EventName"];
            /** @description The message's, null for all users; or the user that it is about */
            user_id: string | null;
            version: number;
        };
        /** Format: date-time */
        MaybeTime: string | null;
        Message: {
            by: string;
            created_at: components["schemas"]["Time"];
            /** @description How many are in which state */
            deliveries: {
                [key: string]: number;
            };
            /** @description Its delivery to the endpoint, in a list with endpoint_id */
            delivery?: components["schemas"]["Delivery"];
            event_type: string;
            /** @description null of a test webhook without an event type */
            event_type_id: components["schemas"]["EventTypeId"] | null;
            id: components["schemas"]["MessageId"];
            /** @description It is yet to be decided on further endpoints */
            more?: boolean;
            service_id: components["schemas"]["ServiceId"];
            /** @description The worst of its deliveries */
            status: components["schemas"]["DeliveryStatus"];
            test: boolean;
            /** @description null for all users */
            user_id: string | null;
        };
        MessageId: string;
        Metadata: {
            [key: string]: string;
        } | null;
        /** @description No control characters; no space around */
        Name: string;
        NewEndpoint: {
            description?: string | null;
            /** @description Names to subscribe to at once */
            event_types?: string[] | null;
            /** @description The service's default_format if it is left out */
            format?: components["schemas"]["Format"] | null;
            url: components["schemas"]["Url"];
            user_id: components["schemas"]["UserId"];
        };
        NewEventType: {
            description?: string | null;
            /** @description A payload that fits the schema */
            example?: components["schemas"]["Json"];
            /** @description What begins with `webplug.` is refused: such names are WebPlug's own */
            name: components["schemas"]["EventTypeName"];
            /** @description A JSON Schema 2020-12 that payloads must fit; it refers to nothing outside itself */
            schema?: Record<string, never> | boolean | null;
        };
        NewKey: {
            holder?: components["schemas"]["Holder"] | null;
            name: components["schemas"]["Name"];
            scopes: components["schemas"]["Scope"][];
            /** @description The only service that the key sees */
            service_id?: string | null;
            /** @description The only user of the service that the key is for, with service_id. It sees and changes that user's endpoints and subscriptions, sees the messages that are for the user, and of broadcasts the deliveries to its endpoints; it publishes to this user alone, and reads event types. What belongs to others looks unknown. */
            user_id?: string | null;
        };
        NewMessage: {
            /** @description Its name */
            event_type: string;
            /** @description Up to 240 KB; endpoints get it byte for byte */
            payload: components["schemas"]["Json"];
            /** @description All users if it is left out */
            user_id?: string | null;
        };
        NewMessageOfBatch: {
            /** @description Its name */
            event_type: string;
            /** @description 1 to 255 printable ASCII characters. Repeated, also by itself with the header, the message gets its first answer */
            idempotency_key?: string | null;
            /** @description Up to 240 KB; endpoints get it byte for byte */
            payload: components["schemas"]["Json"];
            /** @description All users if it is left out */
            user_id?: string | null;
        };
        NewMessages: {
            messages: components["schemas"]["NewMessageOfBatch"][];
        };
        NewService: {
            /** @description Of endpoints that name none */
            default_format?: components["schemas"]["Format"] | null;
            name: components["schemas"]["Name"];
        };
        NewSubscription: {
            /** @description `ep_…`, or a URL */
            endpoint: string;
            /** @description Its name */
            event_type: string;
            /** @description Of the URL's endpoint */
            format?: components["schemas"]["Format"] | null;
            user_id: components["schemas"]["UserId"];
        };
        NewUser: {
            /** @description Unique within the service */
            external_id?: string | null;
            metadata?: components["schemas"]["Metadata"];
            name: components["schemas"]["Name"];
        };
        /** @description null at the end */
        NextCursor: string | null;
        /** @description Nothing can be said */
        Nothing: Record<string, never>;
        Now: {
            /** @description Dead letters: neither retried nor discarded */
            failed: number;
            /** @description One of them is more than the 10,000 that were counted */
            more: boolean;
            pending: number;
            retrying: number;
        };
        /** @example svc_01J9ZC3QK7N4V5X8Y2B6D0F1GH/service@1 */
        Position: string;
        /** @description RFC 9457 */
        Problem: {
            detail: string;
            errors?: {
                /** @description Dotted: `holder.kind`, `payload.amount` */
                field: string;
                message: string;
            }[];
            /** @description Of what is in the way */
            id?: string;
            request_id: string;
            status: number;
            title: string;
            /** @description A word for programs: malformed, invalid, unauthorized, key-missing, key-unknown, key-revoked, forbidden, not-found, method-not-allowed, conflict, too-large, not-json, too-many-streams, unavailable, internal */
            type: string;
        };
        Reasoned: {
            reason?: string | null;
        };
        Recovery: {
            /** @description Deliveries that failed at or after this time */
            since: components["schemas"]["Time"];
        };
        /** @enum {string} */
        Scope: "publish" | "manage" | "read" | "secrets";
        Service: {
            archived_at: components["schemas"]["MaybeTime"];
            created_at: components["schemas"]["Time"];
            default_format: components["schemas"]["Format"];
            id: components["schemas"]["ServiceId"];
            name: components["schemas"]["Name"];
            updated_at: components["schemas"]["Time"];
            version: components["schemas"]["Version"];
        };
        ServiceChange: {
            default_format?: components["schemas"]["Format"];
            name?: components["schemas"]["Name"];
        };
        ServiceId: string;
        Skipped: {
            /** @description Who caused it */
            by?: string;
            endpoint_id?: components["schemas"]["EndpointId"];
            reason: components["schemas"]["SkipReason"];
            since?: components["schemas"]["Time"];
        };
        /**
         * @description unconfirmed, expired and failed: the subscription is not active, in format sns
         * @enum {string}
         */
        SkipReason: "no_subscription" | "paused" | "gone" | "removed" | "unsubscribed" | "user_archived" | "unconfirmed" | "expired" | "failed";
        /** @description What SNS has of it; in format sns */
        SNSLink: {
            /** @description Stands in the message attribute `to` of what the endpoint gets */
            slot: string;
            subscription_arn: string;
            topic_arn: string;
            /** @description Where SNS sends to: after a change of URL the old one, until the new one is confirmed */
            url: string;
        };
        /** @description Who brought it about, and when */
        Stamp: {
            at: components["schemas"]["Time"];
            by: string;
        };
        Stats: {
            /** @enum {string} */
            bucket: "5m" | "15m" | "1h" | "6h" | "1d";
            /** @description Every bucket, oldest first, also those in which nothing happened */
            buckets: {
                accepted: number | null;
                attempts: number;
                attempts_failed: number;
                causes: {
                    [key: string]: number;
                };
                delivered: number;
                deliveries: number | null;
                discarded: number;
                failed: number;
                /** @description Empty where nothing was delivered */
                latency_counts: number[];
                latency_ms: components["schemas"]["Latency"];
                /** @description Deliveries of messages that were accepted in this bucket and have not ended: pending or retrying at this moment, of the 10,000 newest of each */
                open: number;
                retried: number;
                skip_reasons: {
                    [key: string]: number;
                };
                skipped: number;
                start: components["schemas"]["Time"];
                success_rate: number | null;
            }[];
            /** @description Endpoints with something to show, the lowest success rate first, then those with more failures; at most 500 */
            endpoints: {
                endpoint_id: components["schemas"]["EndpointId"];
                figures: components["schemas"]["Figures"];
                /** @description The newest attempt's outcome within the time asked for */
                last: {
                    at: components["schemas"]["Time"];
                    cause: components["schemas"]["Cause"] | null;
                    /** @enum {string} */
                    outcome: "delivered" | "retrying" | "failed";
                } | null;
                now: components["schemas"]["Now"];
                status: components["schemas"]["EndpointStatus"];
                /** @description The newest buckets, oldest first, at most 96 */
                strip: {
                    attempts_failed: number;
                    delivered: number;
                    failed: number;
                    skipped: number;
                    start: components["schemas"]["Time"];
                }[];
                url: string;
                user_id: components["schemas"]["UserId"];
            }[];
            /** @description Event types with something to show, the most accepted first */
            event_types: {
                event_type: string;
                /** @description null of test webhooks without an event type */
                event_type_id: components["schemas"]["EventTypeId"] | null;
                figures: components["schemas"]["Figures"];
            }[];
            /** @description Upper bounds of the cells of all latency_counts, which have one more for what is above the last */
            latency_bounds_ms: number[];
            latency_counts: number[];
            now: components["schemas"]["Now"];
            since: components["schemas"]["Time"];
            total: components["schemas"]["Figures"];
            until: components["schemas"]["Time"];
        };
        Stuck: {
            consumer: string;
            error: string;
            id: string;
            since: components["schemas"]["Time"];
            stream: string;
            tries: number;
            version: components["schemas"]["Version"];
        };
        Subscription: {
            /** @description Its event type's, user's or service's */
            archived_at: components["schemas"]["MaybeTime"];
            /** @description While a handshake is under way: until when its token is good */
            confirm_until: components["schemas"]["MaybeTime"];
            created_at: components["schemas"]["Time"];
            endpoint_id: components["schemas"]["EndpointId"];
            event_type: components["schemas"]["EventTypeName"];
            event_type_id: components["schemas"]["EventTypeId"];
            id: components["schemas"]["SubscriptionId"];
            /** @description While it is failed */
            reason: components["schemas"]["SubscriptionFailure"] | null;
            removed_at: components["schemas"]["MaybeTime"];
            service_id: components["schemas"]["ServiceId"];
            /** @description The confirmed one, else the one that is to be confirmed */
            sns: components["schemas"]["SNSLink"] | null;
            status: components["schemas"]["SubscriptionStatus"];
            status_changed: components["schemas"]["Stamp"];
            user_id: components["schemas"]["UserId"];
            version: components["schemas"]["Version"];
        };
        /**
         * @description policy_limit: all slots of the event type's topics, or SNS's quota of filter policies, are used up; pending_limit: SNS's quota of pending confirmations; topic_limit: its quota of topics; throttled; endpoint_refused: SNS does not take the URL; denied: SNS does not let WebPlug do it; unavailable
         * @enum {string}
         */
        SubscriptionFailure: "policy_limit" | "pending_limit" | "topic_limit" | "throttled" | "endpoint_refused" | "denied" | "unavailable";
        SubscriptionId: string;
        /**
         * @description Format standard-webhooks: active or removed. Format sns begins with requested (SNS is yet to be asked) and goes by pending_confirmation (the endpoint was sent the handshake) to active; expired (nobody confirmed within 48 hours: ask for a new handshake) or failed (SNS refused, see reason; it is tried again by itself)
         * @enum {string}
         */
        SubscriptionStatus: "requested" | "pending_confirmation" | "active" | "expired" | "failed" | "removed";
        System: {
            /** @description As /readyz has them */
            checks: {
                name: string;
                ok: boolean;
                reason?: string;
            }[];
            consumers: {
                /** @description Commits that it has not taken yet */
                lag: number;
                /** @description How long ago it last had none to take; 0 if it has none, null if it never had */
                lag_ms: number | null;
                /** @description views, dispatch */
                name: string;
            }[];
            /** @description How often the read models were made anew */
            generation: number;
            /** @description The newest commit; where the store numbers none (dynamodb), how many this process made */
            log_position: number;
            rows_format: number;
            started_at: components["schemas"]["Time"];
            /** @description Where the log lies: pebble, dynamodb */
            store: string;
            /** @description Live streams that are open */
            streams: number;
            /** @description Events that are set aside; see /v1/stuck */
            stuck: number;
            /** @description Of the program */
            version: string;
            /** @description Attempts that wait in memory for their endpoint */
            waiting: number;
        };
        /** Format: date-time */
        Time: string;
        /** @description Absolute, without user name, password or fragment */
        Url: string;
        User: {
            /** @description Its own or its service's */
            archived_at: components["schemas"]["MaybeTime"];
            created_at: components["schemas"]["Time"];
            external_id: string | null;
            id: components["schemas"]["UserId"];
            metadata: {
                [key: string]: string;
            };
            name: components["schemas"]["Name"];
            service_id: components["schemas"]["ServiceId"];
            updated_at: components["schemas"]["Time"];
            version: components["schemas"]["Version"];
        };
        UserChange: {
            /** @description null takes it away */
            external_id?: string | null;
            metadata?: components["schemas"]["Metadata"];
            name?: components["schemas"]["Name"];
        };
        UserId: string;
        /** @description Of the stream that it is folded from */
        Version: number;
        Whoami: {
            /** @description The admin key may do everything */
            admin: boolean;
            holder: components["schemas"]["Holder"] | null;
            /** @description `key_…`; of the admin key `admin` */
            id: string;
            name: components["schemas"]["Name"];
            /** @description The admin key has all */
            scopes: components["schemas"]["Scope"][];
            /** @description The only service that the key sees */
            service_id: string | null;
            /** @description The only user of it that the key sees */
            user_id: string | null;
        };
        WholeMessage: {
            by: string;
            created_at: components["schemas"]["Time"];
            /** @description How many are in which state */
            deliveries: {
                [key: string]: number;
            };
            event_type: string;
            /** @description null of a test webhook without an event type */
            event_type_id: components["schemas"]["EventTypeId"] | null;
            id: components["schemas"]["MessageId"];
            /** @description It is yet to be decided on further endpoints */
            more?: boolean;
            /** @description As it was published; "sealed" where it cannot be opened any more */
            payload: components["schemas"]["Json"];
            service_id: components["schemas"]["ServiceId"];
            /** @description The worst of its deliveries */
            status: components["schemas"]["DeliveryStatus"];
            test: boolean;
            /** @description null for all users */
            user_id: string | null;
        };
    };
    responses: {
        /** @description The message is durable, and it is decided who gets it */
        Accepted: {
            headers: {
                "WebPlug-Position": components["headers"]["Position"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @description How many endpoints get it; with `more`, of the first 500 */
                    deliveries: number;
                    id: components["schemas"]["MessageId"];
                    /** @description More than 500 endpoints match; the others are decided on in the background */
                    more?: boolean;
                    skipped: components["schemas"]["Skipped"][];
                };
            };
        };
        /** @description A page of deliveries */
        Deliveries: {
            headers: {
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    data: components["schemas"]["Delivery"][];
                    next_cursor: components["schemas"]["NextCursor"];
                };
            };
        };
        /** @description The delivery as it is now */
        Delivery: {
            headers: {
                "WebPlug-Position": components["headers"]["Position"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Delivery"];
            };
        };
        /** @description What it would act on; nothing was done */
        DryRun: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @description 100,000 at most */
                    count: number;
                };
            };
        };
        /** @description The endpoint */
        Endpoint: {
            headers: {
                "WebPlug-Position": components["headers"]["ByCommand"];
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Endpoint"];
            };
        };
        /** @description Events */
        Events: {
            headers: {
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    data: components["schemas"]["Event"][];
                    next_cursor: components["schemas"]["NextCursor"];
                };
            };
        };
        /** @description The event type */
        EventType: {
            headers: {
                "WebPlug-Position": components["headers"]["ByCommand"];
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["EventType"];
            };
        };
        /** @description It is so, now or already */
        Gone: {
            headers: {
                "WebPlug-Position": components["headers"]["Position"];
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The job */
        Job: {
            headers: {
                "WebPlug-Position": components["headers"]["ByCommand"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Job"];
            };
        };
        /** @description A page of jobs */
        Jobs: {
            headers: {
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    data: components["schemas"]["Job"][];
                    next_cursor: components["schemas"]["NextCursor"];
                };
            };
        };
        /** @description The job is durable, and begins */
        JobStarted: {
            headers: {
                "WebPlug-Position": components["headers"]["Position"];
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @description How many there are to do, 100,000 at most */
                    count: number;
                    job_id: components["schemas"]["JobId"];
                };
            };
        };
        /** @description Refused, and why */
        Problem: {
            headers: {
                "X-Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The service */
        Service: {
            headers: {
                "WebPlug-Position": components["headers"]["ByCommand"];
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Service"];
            };
        };
        /** @description The subscription */
        Subscription: {
            headers: {
                "WebPlug-Position": components["headers"]["ByCommand"];
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Subscription"];
            };
        };
        /** @description The user */
        User: {
            headers: {
                "WebPlug-Position": components["headers"]["ByCommand"];
                "WebPlug-Stale": components["headers"]["Stale"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["User"];
            };
        };
    };
    parameters: {
        /** @description A key's id, `admin` or a component */
        actor: string;
        /** @description A WebPlug-Position that the list shall show */
        after: components["schemas"]["Position"];
        cause: components["schemas"]["Cause"];
        /** @description next_cursor of the page before */
        cursor: string;
        endpointId: components["schemas"]["EndpointId"];
        ep: string;
        /** @description An event type's name */
        eventType: string;
        /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
        idempotencyKey: string;
        job: string;
        limit: number;
        msg: string;
        /** @description Which events come first */
        order: "oldest" | "newest";
        /** @description What a person types to find something: its id, or the beginning of any word of its name, external id, or URL (without scheme), in small or capital letters. What is archived or removed is found by its id alone. They come in the order of the words that were found. */
        q: string;
        /** @description At or after */
        since: string;
        /** @description A stream's name, like svc_…/ep_… ; the streams below it are found too, like the deliveries of a message */
        stream: string;
        sub: string;
        svc: string;
        typ: string;
        /** @description An event's type */
        type: components["schemas"]["EventName"];
        /** @description Before */
        until: string;
        userId: components["schemas"]["UserId"];
        usr: string;
    };
    requestBodies: never;
    headers: {
        /** @description What the command did, where it was one */
        ByCommand: components["schemas"]["Position"];
        /** @description What the command did */
        Position: components["schemas"]["Position"];
        /** @description Not everything that was acknowledged may show yet */
        Stale: "true";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In Prometheus's text format */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An OpenAPI 3.1 document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description It cannot */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    verifyLog: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            202: components["responses"]["JobStarted"];
            default: components["responses"]["Problem"];
        };
    };
    history: {
        parameters: {
            query?: {
                /** @description A key's id, `admin` or a component */
                actor?: components["parameters"]["actor"];
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
                /** @description Which events come first */
                order?: components["parameters"]["order"];
                /** @description At or after */
                since?: components["parameters"]["since"];
                /** @description A stream's name, like svc_…/ep_… ; the streams below it are found too, like the deliveries of a message */
                stream?: components["parameters"]["stream"];
                /** @description An event's type */
                type?: components["parameters"]["type"];
                /** @description Before */
                until?: components["parameters"]["until"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Events"];
            default: components["responses"]["Problem"];
        };
    };
    listOperationJobs: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                kind?: components["schemas"]["JobKind"];
                limit?: components["parameters"]["limit"];
                status?: components["schemas"]["JobStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Jobs"];
            default: components["responses"]["Problem"];
        };
    };
    getOperationJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            default: components["responses"]["Problem"];
        };
    };
    cancelOperationJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Reasoned"];
            };
        };
        responses: {
            202: components["responses"]["Job"];
            default: components["responses"]["Problem"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Key"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    "WebPlug-Position": components["headers"]["Position"];
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key without its secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Gone"];
            default: components["responses"]["Problem"];
        };
    };
    rebuild: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            202: components["responses"]["JobStarted"];
            default: components["responses"]["Problem"];
        };
    };
    listServices: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of services */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Service"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createService: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewService"];
            };
        };
        responses: {
            201: components["responses"]["Service"];
            default: components["responses"]["Problem"];
        };
    };
    getService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Service"];
            default: components["responses"]["Problem"];
        };
    };
    archiveService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Gone"];
            default: components["responses"]["Problem"];
        };
    };
    updateService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServiceChange"];
            };
        };
        responses: {
            200: components["responses"]["Service"];
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                cause?: components["parameters"]["cause"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                limit?: components["parameters"]["limit"];
                /** @description At or after */
                since?: components["parameters"]["since"];
                /** @description Before */
                until?: components["parameters"]["until"];
                user_id?: components["parameters"]["userId"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Deliveries"];
            default: components["responses"]["Problem"];
        };
    };
    discardDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterAction"];
            };
        };
        responses: {
            200: components["responses"]["DryRun"];
            202: components["responses"]["JobStarted"];
            default: components["responses"]["Problem"];
        };
    };
    listDeadLetterGroups: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                cause?: components["parameters"]["cause"];
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                /** @description At or after */
                since?: components["parameters"]["since"];
                /** @description Before */
                until?: components["parameters"]["until"];
                user_id?: components["parameters"]["userId"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All groups */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["DeadLetterGroup"][];
                        /** @description There are more than 100,000 dead letters: the oldest are not counted */
                        more: boolean;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retryDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterAction"];
            };
        };
        responses: {
            200: components["responses"]["DryRun"];
            202: components["responses"]["JobStarted"];
            default: components["responses"]["Problem"];
        };
    };
    listEndpoints: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
                /** @description What a person types to find something: its id, or the beginning of any word of its name, external id, or URL (without scheme), in small or capital letters. What is archived or removed is found by its id alone. They come in the order of the words that were found. */
                q?: components["parameters"]["q"];
                status?: components["schemas"]["EndpointStatus"];
                url?: string;
                user_id?: components["parameters"]["userId"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of endpoints */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Endpoint"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    addEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEndpoint"];
            };
        };
        responses: {
            201: components["responses"]["Endpoint"];
            default: components["responses"]["Problem"];
        };
    };
    getEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Endpoint"];
            default: components["responses"]["Problem"];
        };
    };
    removeEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Gone"];
            default: components["responses"]["Problem"];
        };
    };
    updateEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndpointChange"];
            };
        };
        responses: {
            200: components["responses"]["Endpoint"];
            default: components["responses"]["Problem"];
        };
    };
    pauseEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            200: components["responses"]["Endpoint"];
            default: components["responses"]["Problem"];
        };
    };
    recoverEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Recovery"];
            };
        };
        responses: {
            202: components["responses"]["JobStarted"];
            default: components["responses"]["Problem"];
        };
    };
    resumeEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            200: components["responses"]["Endpoint"];
            default: components["responses"]["Problem"];
        };
    };
    readSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret that signs now */
            200: {
                headers: {
                    "WebPlug-Position": components["headers"]["Position"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description Until then the former secret signs too
                         */
                        previous_secret_until: string | null;
                        secret: string;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rotateSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            200: components["responses"]["Endpoint"];
            default: components["responses"]["Problem"];
        };
    };
    testEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                ep: components["parameters"]["ep"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The name of a type that has an example */
                    event_type?: string | null;
                };
            };
        };
        responses: {
            202: components["responses"]["Accepted"];
            default: components["responses"]["Problem"];
        };
    };
    listEventTypes: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
                name?: string;
                /** @description What a person types to find something: its id, or the beginning of any word of its name, external id, or URL (without scheme), in small or capital letters. What is archived or removed is found by its id alone. They come in the order of the words that were found. */
                q?: components["parameters"]["q"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of event types */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EventType"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createEventType: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEventType"];
            };
        };
        responses: {
            201: components["responses"]["EventType"];
            default: components["responses"]["Problem"];
        };
    };
    getEventType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                typ: components["parameters"]["typ"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["EventType"];
            default: components["responses"]["Problem"];
        };
    };
    archiveEventType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                typ: components["parameters"]["typ"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Gone"];
            default: components["responses"]["Problem"];
        };
    };
    updateEventType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                typ: components["parameters"]["typ"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventTypeChange"];
            };
        };
        responses: {
            200: components["responses"]["EventType"];
            default: components["responses"]["Problem"];
        };
    };
    serviceHistory: {
        parameters: {
            query?: {
                /** @description A key's id, `admin` or a component */
                actor?: components["parameters"]["actor"];
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
                /** @description Which events come first */
                order?: components["parameters"]["order"];
                /** @description At or after */
                since?: components["parameters"]["since"];
                /** @description A stream's name, like svc_…/ep_… ; the streams below it are found too, like the deliveries of a message */
                stream?: components["parameters"]["stream"];
                /** @description An event's type */
                type?: components["parameters"]["type"];
                /** @description Before */
                until?: components["parameters"]["until"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Events"];
            default: components["responses"]["Problem"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                kind?: components["schemas"]["JobKind"];
                limit?: components["parameters"]["limit"];
                status?: components["schemas"]["JobStatus"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Jobs"];
            default: components["responses"]["Problem"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            default: components["responses"]["Problem"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: components["parameters"]["job"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Reasoned"];
            };
        };
        responses: {
            202: components["responses"]["Job"];
            default: components["responses"]["Problem"];
        };
    };
    live: {
        parameters: {
            query?: {
                /** @description A next_cursor, or an `id` of a stream */
                cursor?: string;
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                limit?: components["parameters"]["limit"];
                /** @description At or after */
                since?: components["parameters"]["since"];
                /**
                 * @description Types of events, with commas between them
                 * @example MessageAccepted,DeliveryFailed
                 */
                type?: string;
                user_id?: components["parameters"]["userId"];
                /** @description Seconds to wait for an event where there is none yet; as JSON only */
                wait?: number;
            };
            header?: {
                /** @description As `cursor`, which it takes the place of */
                "Last-Event-ID"?: string;
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, and where to go on */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["LiveEvent"][];
                        /** @description Never null: there is always a next */
                        next_cursor: string;
                    };
                    "text/event-stream": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                cause?: components["parameters"]["cause"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                limit?: components["parameters"]["limit"];
                /** @description At or after */
                since?: components["parameters"]["since"];
                /** @description The worst of the message's deliveries */
                status?: components["schemas"]["DeliveryStatus"];
                /** @description Before */
                until?: components["parameters"]["until"];
                user_id?: components["parameters"]["userId"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of messages */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Message"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    publish: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            202: components["responses"]["Accepted"];
            default: components["responses"]["Problem"];
        };
    };
    getMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WholeMessage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                cause?: components["parameters"]["cause"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                limit?: components["parameters"]["limit"];
                /** @description Changed last at or after: by its acceptance, an attempt, or its end */
                since?: string;
                status?: components["schemas"]["DeliveryStatus"];
                /** @description Changed last before */
                until?: string;
                /** @description Whose the endpoint is */
                user_id?: components["schemas"]["UserId"];
            };
            header?: never;
            path: {
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Deliveries"];
            default: components["responses"]["Problem"];
        };
    };
    discardDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Reasoned"];
            };
        };
        responses: {
            202: components["responses"]["Delivery"];
            default: components["responses"]["Problem"];
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ep: components["parameters"]["ep"];
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Reasoned"];
            };
        };
        responses: {
            202: components["responses"]["Delivery"];
            default: components["responses"]["Problem"];
        };
    };
    messageHistory: {
        parameters: {
            query?: {
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: number;
            };
            header?: never;
            path: {
                msg: components["parameters"]["msg"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Events"];
            default: components["responses"]["Problem"];
        };
    };
    publishBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessages"];
            };
        };
        responses: {
            /** @description What became of each message, in the order of the request */
            202: {
                headers: {
                    /** @description Of the last message that was accepted, if any was */
                    "WebPlug-Position"?: components["schemas"]["Position"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BatchResult"][];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    stats: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description Buckets begin at whole ones of UTC */
                bucket?: "5m" | "15m" | "1h" | "6h" | "1d";
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                /** @description At or after; 24 hours before `until` if it is left out */
                since?: string;
                /** @description Before; now if it is left out */
                until?: string;
                user_id?: components["parameters"]["userId"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSubscriptions: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                endpoint_id?: components["parameters"]["endpointId"];
                /** @description An event type's name */
                event_type?: components["parameters"]["eventType"];
                limit?: components["parameters"]["limit"];
                status?: components["schemas"]["SubscriptionStatus"];
                user_id?: components["parameters"]["userId"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of subscriptions */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Subscription"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    subscribe: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSubscription"];
            };
        };
        responses: {
            201: components["responses"]["Subscription"];
            default: components["responses"]["Problem"];
        };
    };
    getSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Subscription"];
            default: components["responses"]["Problem"];
        };
    };
    unsubscribe: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Gone"];
            default: components["responses"]["Problem"];
        };
    };
    confirmSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            200: components["responses"]["Subscription"];
            default: components["responses"]["Problem"];
        };
    };
    requestHandshake: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sub: components["parameters"]["sub"];
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            202: components["responses"]["Subscription"];
            default: components["responses"]["Problem"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description A WebPlug-Position that the list shall show */
                after?: components["parameters"]["after"];
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                external_id?: string;
                limit?: components["parameters"]["limit"];
                /** @description What a person types to find something: its id, or the beginning of any word of its name, external id, or URL (without scheme), in small or capital letters. What is archived or removed is found by its id alone. They come in the order of the words that were found. */
                q?: components["parameters"]["q"];
            };
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of users */
            200: {
                headers: {
                    "WebPlug-Stale": components["headers"]["Stale"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    registerUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. With another body the same key is 422. */
                "Idempotency-Key"?: components["parameters"]["idempotencyKey"];
            };
            path: {
                svc: components["parameters"]["svc"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            201: components["responses"]["User"];
            default: components["responses"]["Problem"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                usr: components["parameters"]["usr"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["User"];
            default: components["responses"]["Problem"];
        };
    };
    archiveUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                usr: components["parameters"]["usr"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Gone"];
            default: components["responses"]["Problem"];
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                svc: components["parameters"]["svc"];
                usr: components["parameters"]["usr"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            200: components["responses"]["User"];
            default: components["responses"]["Problem"];
        };
    };
    listStuck: {
        parameters: {
            query?: {
                /** @description next_cursor of the page before */
                cursor?: components["parameters"]["cursor"];
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of stuck events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Stuck"][];
                        next_cursor: components["schemas"]["NextCursor"];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retryStuck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description It is tried again */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The system */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    whoami: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Whoami"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
