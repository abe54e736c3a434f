"""The device side of HJ 212: one simulated device or 20,000, with injected trouble."""

from __future__ import annotations

from qingtian.simulator.device import Device
from qingtian.simulator.fleet import Fleet
from qingtian.simulator.identity import fleet_of, is_simulated_mn, mn_of, simulated_device
from qingtian.simulator.inprocess import SimulatedDevice
from qingtian.simulator.profile import Profile, built_in_profile, load_profile
from qingtian.simulator.settings import DeviceSettings, Split
from qingtian.simulator.stats import Stats
from qingtian.simulator.timing import TimeBase
from qingtian.simulator.trouble import Trouble, read_trouble

__all__ = [
    "Device",
    "DeviceSettings",
    "Fleet",
    "Profile",
    "SimulatedDevice",
    "Split",
    "Stats",
    "TimeBase",
    "Trouble",
    "built_in_profile",
    "fleet_of",
    "is_simulated_mn",
    "load_profile",
    "mn_of",
    "read_trouble",
    "simulated_device",
]
