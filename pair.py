import subprocess,resource,time,sys
V='/work/hd/b3/7p3b_s1000'
P=['/work/main/build/dev-python/cpp/apps/e2tad-pi',V+'.mp4',V+'_init.csv','/work/an2/a.csv','--config','/work/an2/c10.json','--threads','1']
R=[sys.executable,'-c',f"import cv2\nc=cv2.VideoCapture('{V}.mp4',cv2.CAP_FFMPEG,[cv2.CAP_PROP_N_THREADS,1])\nwhile c.read()[0]: pass"]
Z=[sys.executable,'-c',"import cv2"]
def cpu(c):
    a=resource.getrusage(resource.RUSAGE_CHILDREN); subprocess.run(c,capture_output=True); b=resource.getrusage(resource.RUSAGE_CHILDREN)
    return b.ru_utime+b.ru_stime-a.ru_utime-a.ru_stime
p=[];r=[];z=[]
for i in range(6): p.append(cpu(P)); r.append(cpu(R)); z.append(cpu(Z))
print('pi',[round(x,2) for x in p],'read',[round(x,2) for x in r],'import',[round(x,2) for x in z])
print('min ratio', (min(p))/(min(r)-min(z)))
