"""A short scenario in which much happens: speeds, buttons, both kinds of sending, faults, crash frames, a reset."""

from pathlib import Path

SCENARIO = """\
scenario: busy
title: Everything happens within four seconds
seed: 77
background:
  vehicle: {power_mode: RUN}
  signals: {AMP_Status_01.AmpState: "ON"}
phases:
  - name: start
    until: "IVI_Status_01.IviState == EARLY_RVC"
    at_most: 2 s
    do:
      - {set: model.speed, to: 36 km/h, at: 300 ms}
  - name: rush
    for: 2500 ms
    do:
      - {id: hold, press: sos_button, for: 600 ms}
      - {ramp: model.speed, to: 50 km/h, over: 1 s, after: hold ends}
      - id: echo
        send: {message: CGW_Crash_01, signals: {CrashDetected: "YES", CrashType: FRONT}, count: 3, every: 20 ms}
        at: 1200 ms
      - {send: {bus: INFO, id: 0x7FF, data: "01 02 03", count: 2, every: 50 ms}, at: 100 ms}
      - {press: reset_button, for: 100 ms, when: "model.speed > 40 km/h"}
    faults:
      - {id: lost, message: CGW_Veh_01, kind: drop, at: 300 ms, for: 100 ms}
      - {message: CGW_Veh_01, kind: crc_wrong, at: 800 ms, for: 100 ms}
      - {node: RVC, kind: node_off, at: 1 s, for: 500 ms}
expect:
  - {id: moves, eventually: "model.speed > 45 km/h"}
  - {id: position, eventually: "model.gnss_latitude > 0 deg"}
  - {id: cycle, cycle: {message: TCU_Status_01, period: declared, tolerance: 20 %}, during: rush}
"""


def written(folder: Path, text: str = SCENARIO) -> Path:
    """The scenario as a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "busy.scenario.yaml"
    file.write_text(text)
    return file
