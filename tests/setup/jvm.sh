# Java and Maven: sourced by the suites `kotlin` and `compose`. Everything else they need comes from Maven Central.

# need_jvm: JDK 17 or newer and Maven, or ends the suite as skipped.
need_jvm() {
  if ! command -v javac >/dev/null; then need_debian openjdk-17-jdk-headless; fi
  if ! command -v mvn >/dev/null; then need_debian maven; fi
}

# jvm_test MODULE ARTIFACT: compiles and tests the module (a path from tests/jvm) and what it depends on.
jvm_test() {
  local reports=$rounds_target/jvm/$2/surefire-reports
  # A class whose source is gone would still be tested.
  rm -rf "$rounds_target/jvm/$2"
  mvn --batch-mode --no-transfer-progress -f tests/jvm/pom.xml -pl "$1" -am -Drounds.target="$rounds_target" test
  because "$(cat "$reports"/TEST-*.xml | grep -c '<testcase ') tests"
}
