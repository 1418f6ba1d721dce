"""What replicas promise each other, once more with Redis over REST."""

import unittest

import replicas_test
from rest_api import TOKEN, RestApi


class ReplicasOverRestTest(replicas_test.ReplicasTest):
    def on_redis(self, sandbox, directory, **environment):
        home = self.directory / directory
        home.mkdir(exist_ok=True)
        api = RestApi(self.redis)
        self.addCleanup(api.kill)
        api.start()
        return self.service(sandbox, UPSTASH_REDIS_REST_URL=api.url, UPSTASH_REDIS_REST_TOKEN=TOKEN,
                            CACHE_DIR=str(home), **environment)


if __name__ == "__main__":
    unittest.main()
