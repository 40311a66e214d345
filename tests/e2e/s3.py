"""s3.py - a small S3 client of the tests' own, so that Vonk's is not its own witness. SigV4, path style."""
import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Failed(Exception):
    """A reply that is not 2xx."""


class Store:
    def __init__(self, endpoint, access_key, secret_key, region="us-east-1"):
        self.endpoint, self.access_key, self.secret_key, self.region = endpoint, access_key, secret_key, region

    def request(self, method, path, query=(), body=b""):
        """The body of the reply. `path`: "/bucket/key", not escaped."""
        host = urllib.parse.urlsplit(self.endpoint).netloc
        path = urllib.parse.quote(path, safe="/-_.~")
        query = urllib.parse.urlencode(sorted(query), quote_via=urllib.parse.quote)
        headers = {
            "host": host,
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-amz-date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
        }
        headers["authorization"] = self.signature(method, path, query, headers)
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request(method, f"{path}?{query}" if query else path, body, headers)
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        if reply.status // 100 != 2:
            raise Failed(f"{method} {path}: {reply.status} {data[:300]!r}")
        return data

    def signature(self, method, path, query, headers):
        names = ";".join(sorted(headers))
        canonical = [method, path, query, *(f"{name}:{headers[name]}" for name in sorted(headers))]
        canonical += ["", names, headers["x-amz-content-sha256"]]
        date = headers["x-amz-date"]
        scope = f"{date[:8]}/{self.region}/s3/aws4_request"
        hashed = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        key = b"AWS4" + self.secret_key.encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}"
        signed = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signed}"
        )

    def make_bucket(self, bucket):
        try:
            self.request("PUT", f"/{bucket}")
        except Failed as failure:
            if "BucketAlready" not in str(failure):
                raise

    def put(self, bucket, key, body):
        self.request("PUT", f"/{bucket}/{key}", body=body)

    def get(self, bucket, key):
        return self.request("GET", f"/{bucket}/{key}")

    def delete(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}")

    def list(self, bucket, prefix=""):
        """All keys below prefix, sorted."""
        keys, token = [], None
        while True:
            query = [("list-type", "2"), ("prefix", prefix)]
            query += [("continuation-token", token)] if token else []
            tree = xml.etree.ElementTree.fromstring(self.request("GET", f"/{bucket}", query))
            keys += [node.text for node in tree.iter(f"{NAMESPACE}Key")]
            token = tree.findtext(f"{NAMESPACE}NextContinuationToken")
            if not token:
                return sorted(keys)

    def uploads(self, bucket):
        """Keys of multipart uploads that were begun and neither completed nor aborted."""
        tree = xml.etree.ElementTree.fromstring(self.request("GET", f"/{bucket}", [("uploads", "")]))
        return [upload.findtext(f"{NAMESPACE}Key") for upload in tree.iter(f"{NAMESPACE}Upload")]
