"""test_faults.py - what dies in mid-job: executor, driver, operator, node, API server. The answer stays right."""
import json
import time

import kube
import world
from harness import EXECUTORS, SLOW, SLOW_ANSWER, E2ETest, limited, make_job, slow_executors
from kube import condition, wait_for


def on_node(node, required=True):
    """A pod template that wants a node, or would like it."""
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    if required:
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    else:
        wish = {"weight": 100, "preference": term}
        affinity = {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}
    return {"spec": {"affinity": {"nodeAffinity": affinity}}}


class FaultTest(E2ETest):
    def slow_job(self, name, executors=None, **spec):
        """A job in mid-life with its output in the store."""
        sql = {"query": SLOW, "output": self.output(name)}
        spec = {"sql": sql, "conf": self.world.s3_conf(), "executors": executors or slow_executors(), **spec}
        spec.setdefault("retryBackoff", {"baseSeconds": 1, "maxSeconds": 2})
        return self.submit(make_job(name, **spec))

    def ends_right(self, name, attempt=None, deadline=kube.DEADLINE, api=None):
        job = self.wait_succeeded(name, deadline, api)
        if attempt is not None:
            self.assertEqual(attempt, job["status"]["attempt"])
        self.assertEqual(SLOW_ANSWER, self.printed(name, job["status"]["attempt"], api))
        self.assertEqual(SLOW_ANSWER, self.written(name))
        self.assert_written_once(name)
        wait_for("executors gone", lambda: not self.executors(name, api), show=lambda: self.seen(name, api))
        self.delete(name, api)


class Pods(FaultTest):
    def test_an_executor_dies_and_another_takes_its_place(self):
        name = self.slow_job("kill-executor")
        self.wait_in_mid_job(name)
        victim = self.executors(name)[0]["metadata"]["name"]
        self.kube.kubectl("delete", "pod", victim, "--grace-period=0", "--force")

        def replaced():
            names = {pod["metadata"]["name"] for pod in self.executors(name)}
            return len(names - {victim}) == 2 or condition(self.job(name))["status"] == "True"

        wait_for("another executor", replaced, show=lambda: self.seen(name))
        self.ends_right(name, attempt=1)

    def test_the_driver_dies_and_the_next_attempt_does_it_again(self):
        name = self.slow_job("kill-driver")
        self.wait_in_mid_job(name)
        old = {pod["metadata"]["uid"] for pod in self.kube.job_pods(name)}
        self.kube.kubectl("delete", "pod", f"{name}-1-driver", "--grace-period=0", "--force")

        def old_ones():
            return [pod["metadata"]["name"] for pod in self.kube.job_pods(name) if pod["metadata"]["uid"] in old]

        wait_for("the first attempt's pods gone", lambda: not old_ones(), show=old_ones)
        self.ends_right(name, attempt=2)

    def test_an_executor_over_its_memory_is_said_to_be(self):
        # 400 MB of distinct strings for a group table, in a pod of 64 MiB: it spills, or says why it cannot.
        query = "SELECT count(*) AS n FROM (SELECT id, count(*) FROM range(0, 4000000, 1, 4) GROUP BY id)"
        name = self.submit(make_job("little-memory", query, executors={**EXECUTORS, "memory": "64Mi"}, backoffLimit=0))
        self.wait_for_job(name, "finished", lambda job: condition(job)["status"] in ("True", "False"))
        state = condition(self.job(name))
        if state["status"] == "True":
            self.assertEqual([["n"], ["4000000"]], self.printed(name))
        else:
            self.assertRegex(state["message"], r"memory|OOMKilled")


class Operator(FaultTest):
    alone = True

    def kill_operator(self):
        for pod in self.operator_pods():
            self.kube.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")

    def test_killed_in_mid_creation_it_makes_nothing_twice(self):
        names = [f"creation-{i}" for i in range(10)]
        for name in names:
            self.addCleanup(self.kube.run, "kubectl", "-n", self.kube.namespace, "delete", "vonkjob", name,
                            "--ignore-not-found", "--wait=false", check=False)  # fmt: skip
        self.kube.apply(*(make_job(name, f"SELECT '{name}' AS name") for name in names))
        wait_for("some driver", lambda: self.kube.read("pods", selector="vonk.dev/role=driver,vonk.dev/attempt=1"))
        self.kill_operator()
        uids = {}
        for name in names:
            job = self.wait_for_job(name, "finished", lambda job: self.remember(uids, job))
            self.assertEqual("True", condition(job)["status"], self.seen(name))
            self.assertEqual(1, job["status"]["attempt"])
            self.assertEqual([["name"], [name]], self.printed(name))
        for name in names:
            self.assertEqual(1, len(uids[name]), f"driver pods of {name}")
            for kind in ("secret", "configmap"):
                found = self.kube.list(f"{kind}s", "-l", f"vonk.dev/job={name}")
                self.assertLessEqual(len(found), 1)
            self.assertLessEqual(len(self.events(name).get("Completed", [])), 1)

    def remember(self, uids, job):
        """The job once it is finished; collects the driver pods that were ever seen."""
        for pod in self.kube.read("pods", selector="vonk.dev/role=driver"):
            uids.setdefault(pod["metadata"]["labels"]["vonk.dev/job"], set()).add(pod["metadata"]["uid"])
        return job if condition(job)["status"] in ("True", "False") else None

    def test_killed_while_a_job_runs_it_takes_it_up_again(self):
        name = self.slow_job("operator-dies")
        self.wait_in_mid_job(name)
        uid = self.driver(name)["metadata"]["uid"]
        self.kill_operator()
        self.wait_operator_ready()
        self.wait_succeeded(name)
        self.assertEqual(uid, self.driver(name)["metadata"]["uid"])
        self.ends_right(name, attempt=1)

    def test_a_right_that_is_missing_is_said_plainly(self):
        api = self.world.kube(self.world.chart_namespace)
        role = next(
            one
            for one in api.list("roles")
            if any("vonkjobs/status" in rule["resources"] for rule in one["rules"])
        )
        rules = [
            {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "create"]}
            if "pods" in rule["resources"]
            else rule
            for rule in role["rules"]
        ]
        self.addCleanup(self.restore, api, role["metadata"]["name"], role["rules"])
        self.set_rules(api, role["metadata"]["name"], rules)
        for pod in self.operator_pods(api):
            api.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")

        def said():
            return [line for line in self.operator_log(api).splitlines() if "create" in line and "pods" in line]

        line = wait_for("the operator names the right", said, show=lambda: self.operator_log(api)[-2000:])[0]
        self.assertIn(api.namespace, line)

    def set_rules(self, api, role, rules):
        patch = json.dumps([{"op": "replace", "path": "/rules", "value": rules}])
        api.kubectl("patch", "role", role, "--type=json", "-p", patch)

    def restore(self, api, role, rules):
        self.set_rules(api, role, rules)
        self.wait_operator_ready(api)
        name = self.submit(make_job("rights-are-back", "SELECT 1 AS one"), api)
        self.wait_succeeded(name, api=api)


class ApiServer(FaultTest):
    alone = True

    def setUp(self):
        super().setUp()
        self.need(self.world.cluster.can_break, "its API server is not ours to hold")

    def test_away_for_twenty_seconds_while_a_job_runs(self):
        name = self.slow_job("api-away")
        self.wait_in_mid_job(name)
        driver = self.driver(name)["metadata"]["uid"]
        self.world.cluster.hold_api()
        try:
            time.sleep(20)  # this is the fault, not a wait for something
        finally:
            self.world.cluster.release_api()
        wait_for("API server", lambda: self.kube.run("kubectl", "get", "--raw", "/readyz", check=False).returncode == 0)
        self.wait_succeeded(name)
        self.assertEqual(driver, self.driver(name)["metadata"]["uid"])
        self.ends_right(name, attempt=1)
        self.wait_operator_ready()

    def test_its_history_is_gone_and_every_watch_must_list_again(self):
        name = self.slow_job("compaction")
        self.wait_in_mid_job(name)
        self.world.cluster.compact()
        self.world.cluster.restart_api()  # its own memory of changes goes with it: watches get 410 Gone
        wait_for("API server", lambda: self.kube.run("kubectl", "get", "--raw", "/readyz", check=False).returncode == 0)
        after = self.submit(make_job("after-compaction", "SELECT 1 AS one"))
        self.wait_succeeded(after)
        self.wait_succeeded(name)
        self.ends_right(name, attempt=1)


class Node(FaultTest):
    alone = True

    def setUp(self):
        super().setUp()
        self.need(self.world.cluster.can_break, "its nodes are not ours to kill")
        names = [
            node["metadata"]["name"]
            for node in self.kube.list("nodes")
            if not any(taint["effect"] == "NoSchedule" for taint in node["spec"].get("taints", []))
        ]
        self.stays, self.dies = sorted(names)[:2]

    def move_operators(self):
        """Off the node that will die: what is tested here are jobs."""
        self.kube.kubectl("cordon", self.dies)
        for namespace in (self.world.namespace, self.world.chart_namespace):
            api = self.world.kube(namespace)
            for pod in self.operator_pods(api):
                if pod["spec"].get("nodeName") == self.dies:
                    api.kubectl("delete", "pod", pod["metadata"]["name"])
            self.wait_operator_ready(api)
        self.kube.kubectl("uncordon", self.dies)

    def revive(self):
        self.world.cluster.boot_node(self.dies)
        self.kube.kubectl("wait", f"node/{self.dies}", "--for=condition=Ready", "--timeout=120s")

    def test_a_node_dies_with_an_executor_of_one_job_and_the_driver_of_another(self):
        self.move_operators()
        spread = {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"vonk.dev/job": "node-executor", "vonk.dev/role": "executor"}},
        }
        template = limited("150m")
        template["spec"]["topologySpreadConstraints"] = [spread]
        one = self.slow_job(
            "node-executor",
            {**slow_executors(), "template": template},
            driver={"template": on_node(self.stays)},
        )
        other = self.slow_job(
            "node-driver", slow_executors(1, "300m"), driver={"template": on_node(self.dies, required=False)}
        )
        for name in (one, other):
            self.wait_in_mid_job(name)
        nodes = {pod["metadata"]["name"]: pod["spec"]["nodeName"] for pod in self.kube.job_pods(one)}
        self.assertIn(self.dies, nodes.values(), nodes)
        self.assertEqual(self.dies, self.driver(other)["spec"]["nodeName"])
        self.world.cluster.kill_node(self.dies)
        try:
            self.wait_succeeded(one, deadline=240)
            self.wait_succeeded(other, deadline=240)
        finally:
            self.revive()
        self.ends_right(one, attempt=1)
        self.ends_right(other, attempt=2)
