// Package local runs AWS's own DynamoDB Local, for tests and for `webplug dev --store dynamodb`: it fetches the program
// once, starts it on a free port and ends it with the process that started it. It must never be used for real data.
//
// DynamoDB Local behaves as DynamoDB does (conditions, transactions, limits, streams) but is slow: below 1,000 writes a
// second on two cores, so tests keep their volumes small and nothing is measured against it.
//
// It listens on all interfaces and has no option for it. With Java 11 to 23 the JVM's own security policy
// (loopback.policy) makes it drop every connection that does not come from this machine; later versions of Java have no
// such policy, so that whoever reaches the port can read and write the tables (Server.Exposed).
//
// The program is AWS's, under the Amazon DynamoDB Local License Agreement (its users must have an AWS account); it is
// fetched when it is needed and is no part of WebPlug.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.html
package local
