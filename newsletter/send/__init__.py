"""Send an approved issue: to everybody planned, to nobody twice in silence. Its door is `dispatch.send`.

    plan       what "send" means now: begin, go on, or refuse; what to ask the person first
    owner      one sender at a time, proven by a lock that the operating system frees
    reconcile  what a dead sender left behind
    dispatch   the loop in this process: paced, patient, stoppable
    deliver    one batch: claim, hand over, record
    rate       how fast      patience  when refused      stop_rules  when to give up

The room knows no provider, no SQL and no clock: what it needs of them is in `ports`. Another dispatcher, for many
machines, would call the same `deliver`.
"""
